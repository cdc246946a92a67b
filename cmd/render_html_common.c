/* render_html_common.c: the frame of HTML pages, and the small words that all parts use. */
#include "render_html.h"

#include <ctype.h>

#include "base64.h"
#include "html_assets.h"
#include "provider.h"
#include "render.h"
#include "strbuf.h"

enum {
    LINES_OF_ALL = 20000, /* of scripts, together */
    LINES_LEAST = 6,
    LINES_MOST = 400, /* of one script */
    LARGE = 200,      /* blocks from which on what is not in sight is not laid out */
};

static const struct {
    const char *verb, *sign, *colour;
} actions[ACTION_COUNT] = {
    [ACTION_NONE] = {"keep", "·", "quiet"},
    [ACTION_CREATE] = {"new", "+", "add"},
    [ACTION_UPDATE] = {"change", "~", "edit"},
    [ACTION_REBUILD] = {"rebuild", "↻", "rebuild"},
    [ACTION_DELETE] = {"destroy", "−", "remove"},
    [ACTION_RELEASE] = {"leave alone", "↗", "quiet"},
    [ACTION_ADOPT] = {"take over", "=", "quiet"},
};

const char *html_verb(const struct change *change)
{
    return change_is_switch(change) ? "switch" : actions[change->action].verb;
}

const char *html_sign(enum action action)
{
    return actions[action].sign;
}

const char *html_colour(enum action action)
{
    return actions[action].colour;
}

void html_waves(struct html *h, unsigned wave, unsigned last_wave, bool small)
{
    const char *w = small ? "w" : "W";
    if (wave == last_wave)
        html_textf(h, "%save %u", w, wave);
    else
        html_textf(h, "%saves %u–%u", w, wave, last_wave);
}

void html_place(struct html *h, struct pos pos)
{
    if (pos.file != NULL)
        html_elementf(h, "code", "place", "%s:%u", pos.file, pos.line);
}

void html_count(struct html *h, size_t n, const char *one, const char *many)
{
    html_textf(h, "%zu %s", n, n == 1 ? one : many);
}

void html_tag(struct html *h, const char *colour, const char *text)
{
    html_text(h, " ");
    html_open(h, "span", "tag");
    html_open(h, "span", colour);
    html_text(h, text);
    html_close(h);
    html_close(h);
}

void html_names(struct html *h, const char *const *names, size_t n)
{
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    render_names(names, n, &text);
    html_element(h, "code", "names", strbuf_str(&text));
    strbuf_release(&text);
}

void html_sentence(struct html *h, const char *element, const char *text)
{
    html_open(h, element, NULL);
    html_textf(h, "%c%s", toupper((unsigned char)text[0]), text[0] == '\0' ? "" : text + 1);
    html_close(h);
}

/* ---- parts of heads and notices -----------------------------------------------------------
 */

void html_verdict(struct html *h, const char *colour, const char *word, const char *rest)
{
    html_open(h, "p", NULL);
    html_attrf(h, "class", "verdict %s", colour);
    html_element(h, "strong", NULL, word);
    html_textf(h, " %s", rest);
    html_close(h);
}

void html_tile(struct html *h, size_t n, const char *colour, const char *label)
{
    if (n == 0)
        return;
    html_open(h, "li", colour);
    html_elementf(h, "b", NULL, "%zu", n);
    html_text(h, " ");
    html_element(h, "span", NULL, label);
    html_close(h);
}

void html_begin_fact(struct html *h, const char *label)
{
    html_open(h, "div", NULL);
    html_element(h, "dt", NULL, label);
    html_open(h, "dd", NULL);
}

void html_end_fact(struct html *h)
{
    html_close(h);
    html_close(h);
}

void html_begin_section(struct html *h, const char *class, const char *id)
{
    html_open(h, "section", class);
    html_attr(h, "id", id);
    html_attrf(h, "aria-labelledby", "%s-title", id);
    html_open(h, "h2", NULL);
    html_attrf(h, "id", "%s-title", id);
}

void html_blind_items(struct html *h, const struct blind_groups *groups, const char *news)
{
    VEC_EACH (struct blind_group, it, *groups) {
        html_open(h, "li", NULL);
        html_names(h, it->addresses.items, it->addresses.n);
        if (it->attrs[0] != '\0') {
            html_text(h, ": ");
            html_text(h, it->attrs);
        }
        if (news != NULL)
            html_tag(h, "plain", news);
        html_element(h, "p", NULL, it->reason);
        html_close(h);
    }
}

/* ---- the frame ----------------------------------------------------------------------------
 */

static void add_source(struct strbuf *policy, const char *what,
                       const struct html_asset_data *asset)
{
    strbuf_addf(policy, "; %s 'sha256-", what);
    base64_encode(policy, asset->sha256, sizeof(asset->sha256));
    strbuf_add(policy, "'");
}

/* Nothing is loaded, nothing is sent, nothing runs but our own script. */
static void add_policy(struct html *h)
{
    struct strbuf policy;
    strbuf_init(&policy, 1000);
    strbuf_add(&policy, "default-src 'none'; base-uri 'none'; form-action 'none'");
    add_source(&policy, "style-src", &html_page_css);
    add_source(&policy, "script-src", &html_page_js);
    html_open(h, "meta", NULL);
    html_attr(h, "http-equiv", "Content-Security-Policy");
    html_attr(h, "content", strbuf_str(&policy));
    html_close(h);
    strbuf_release(&policy);
}

static void add_meta(struct html *h, const char *name, const char *content)
{
    html_open(h, "meta", NULL);
    html_attr(h, "name", name);
    html_attr(h, "content", content);
    html_close(h);
}

void html_frame_begin(struct html *h, const char *title, struct strbuf *out)
{
    html_begin(h, out);
    html_open(h, "html", NULL);
    html_attr(h, "lang", "en");
    html_open(h, "head", NULL);
    html_open(h, "meta", NULL);
    html_attr(h, "charset", "utf-8");
    html_close(h);
    add_policy(h);
    add_meta(h, "viewport", "width=device-width, initial-scale=1");
    add_meta(h, "color-scheme", "light dark");
    add_meta(h, "referrer", "no-referrer");
    html_element(h, "title", NULL, title);
    html_asset(h, "style", html_page_css.content, html_page_css.size);
    html_close(h);
    html_open(h, "body", NULL);
}

void html_skip(struct html *h, const char *text)
{
    html_open(h, "a", "skip");
    html_attr(h, "href", "#changes");
    html_text(h, text);
    html_close(h);
}

const char *html_changes_class(size_t n_blocks)
{
    return n_blocks > LARGE ? "changes large" : "changes";
}

size_t html_share_of_lines(size_t n_scripts)
{
    size_t share = n_scripts == 0 ? LINES_MOST : LINES_OF_ALL / n_scripts;
    return share < LINES_LEAST ? LINES_LEAST : share > LINES_MOST ? LINES_MOST : share;
}

void html_frame_end(struct html *h)
{
    html_asset(h, "script", html_page_js.content, html_page_js.size);
    html_close(h);
    html_close(h);
    html_end(h);
}
