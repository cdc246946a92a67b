/* render_html_filter.c: the filter above the blocks of a page. It is hidden until the script
 * runs: without it none of this works. */
#include "render_html.h"

void html_filter_begin(struct html *h, const char *one, const char *many)
{
    html_open(h, "form", "filter");
    html_attr(h, "id", "filter");
    html_attr(h, "role", "search");
    html_attrf(h, "aria-label", "Filter the %s", many);
    html_attr(h, "data-one", one);
    html_attr(h, "data-many", many);
    html_flag(h, "hidden");
    html_open(h, "label", "words");
    html_element(h, "span", NULL, "Address or text");
    html_open(h, "input", NULL);
    html_attr(h, "type", "search");
    html_attr(h, "id", "words");
    html_attr(h, "autocomplete", "off");
    html_attr(h, "spellcheck", "false");
    html_close(h);
    html_close(h);
}

static void add_option(struct html *h, const char *value, const char *text)
{
    html_open(h, "option", NULL);
    html_attr(h, "value", value);
    html_text(h, text);
    html_close(h);
}

void html_filter_select(struct html *h, const char *id, const char *label)
{
    html_open(h, "label", NULL);
    html_element(h, "span", NULL, label);
    html_open(h, "select", NULL);
    html_attr(h, "id", id);
    add_option(h, "", "all");
}

void html_filter_option(struct html *h, const char *value)
{
    add_option(h, value, value);
}

void html_filter_select_end(struct html *h)
{
    html_close(h);
    html_close(h);
}

void html_filter_kinds(struct html *h, const char *const *kinds, size_t n)
{
    html_filter_select(h, "kind", "Kind");
    for (size_t i = 0; i < n; i++)
        html_filter_option(h, kinds[i]);
    html_filter_select_end(h);
}

void html_filter_check(struct html *h, const char *flag, const char *label)
{
    html_open(h, "label", "check");
    html_open(h, "input", NULL);
    html_attr(h, "type", "checkbox");
    html_attrf(h, "id", "only-%s", flag);
    html_attr(h, "data-flag", flag);
    html_close(h);
    html_textf(h, " %s", label);
    html_close(h);
}

static void add_button(struct html *h, const char *id, const char *label)
{
    html_open(h, "button", NULL);
    html_attr(h, "type", "button");
    html_attr(h, "id", id);
    html_text(h, label);
    html_close(h);
}

void html_filter_end(struct html *h)
{
    html_open(h, "span", "buttons");
    add_button(h, "unfold", "Unfold all");
    add_button(h, "fold", "Fold all");
    html_close(h);
    html_open(h, "output", NULL);
    html_attr(h, "id", "shown");
    html_close(h);
    html_close(h);
}

void html_filter_none(struct html *h, const char *text)
{
    html_open(h, "p", "none");
    html_attr(h, "id", "none");
    html_flag(h, "hidden");
    html_text(h, text);
    html_close(h);
}
