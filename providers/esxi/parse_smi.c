/* parse_smi.c: what nvidia-smi says about driver and cards (esxi-shell.md §7).
 *
 * `-q -x` is preferred: the elements named here have been the same in all drivers. It comes
 * with a document type, of which exactly the known form is accepted and nothing is loaded.
 */
#include "esxi.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "vec.h"
#include "xml.h"

enum { CARDS_MAX = 64, XML_DEPTH = 16 };

typedef VEC(struct smi_card) card_vec;

static int keep_card(struct arena *arena, card_vec *cards, struct smi_card card,
                     struct err *err)
{
    if (cards->n >= CARDS_MAX)
        return err_set(err, ERR_INVALID, "nvidia-smi lists more than %d cards", CARDS_MAX);
    VEC_PUSH(arena, cards, card);
    return 0;
}

static void finish(const card_vec *cards, const char *driver, struct smi_report *ret)
{
    *ret = (struct smi_report){.state = cards->n == 0 ? SMI_NO_CARD : SMI_RUNS,
                               .driver = driver,
                               .cards = cards->items,
                               .n_cards = cards->n};
}

/* ---- -q -x ------------------------------------------------------------------------------ */

/* <!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v11.dtd">, or none at all. */
static int check_doctype(const char *text, size_t size, struct err *err)
{
    static const char known[] = "<!DOCTYPE nvidia_smi_log SYSTEM \"";
    const char *at = memmem(text, size, "<!DOCTYPE", 9), *end = text + size;
    if (at == NULL)
        return 0;
    size_t left = (size_t)(end - at);
    if (left > sizeof(known) && memcmp(at, known, sizeof(known) - 1) == 0) {
        at += sizeof(known) - 1;
        while (at < end && (isalnum((unsigned char)*at) || strchr("_.-", *at) != NULL) &&
               *at != '\0')
            at++;
        if (end - at > 2 && at[0] == '"' && at[1] == '>' && memcmp(at - 4, ".dtd", 4) == 0)
            return 0;
    }
    return err_set(err, ERR_INVALID, "nvidia-smi: unexpected document type");
}

int smi_from_xml(const char *text, size_t size, struct arena *arena, struct smi_report *ret,
                 struct err *err)
{
    static const struct xml_limits limits = {.max_size = 4 << 20,
                                             .max_depth = XML_DEPTH,
                                             .max_nodes = 200000,
                                             .flags = XML_ALLOW_DOCTYPE};
    const struct xml_node *root;
    card_vec cards = {0};
    const char *begin = memmem(text, size, "<?xml", 5);
    const char *end = memrchr(text, '>', size);
    if (begin == NULL || end == NULL || end < begin)
        return err_set(err, ERR_INVALID, "no XML");
    if (check_doctype(begin, (size_t)(end - begin) + 1, err) < 0 ||
        xml_parse(begin, (size_t)(end - begin) + 1, &limits, arena, &root, err) < 0)
        return -1;
    if (strcmp(root->name, "nvidia_smi_log") != 0)
        return err_set(err, ERR_INVALID, "not the XML of nvidia-smi");
    XML_EACH(gpu, root, "gpu")
    {
        const char *id = xml_attr(gpu, "id");
        const struct smi_card card = {
            .id = id == NULL ? "?" : id,
            .mode = xml_text_at(gpu, "gpu_virtualization_mode/virtualization_mode"),
            .ecc_current = xml_text_at(gpu, "ecc_mode/current_ecc"),
            .ecc_pending = xml_text_at(gpu, "ecc_mode/pending_ecc")};
        if (keep_card(arena, &cards, card, err) < 0)
            return -1;
    }
    finish(&cards, xml_text_at(root, "driver_version"), ret);
    return 0;
}

/* ---- -q --------------------------------------------------------------------------------- */

/* One line: "Label : value", or a heading. A colon counts only with a blank or the end of the
 * line behind it: bus ids hold colons too. */
struct line {
    size_t indent;
    const char *label, *value; /* value NULL: a heading */
};

static void read_line(const char *at, size_t size, struct arena *arena, struct line *ret)
{
    *ret = (struct line){.indent = 0};
    while (ret->indent < size && (at[ret->indent] == ' ' || at[ret->indent] == '\t'))
        ret->indent++;
    while (size > ret->indent && isspace((unsigned char)at[size - 1]))
        size--;
    size_t colon = ret->indent;
    while (colon < size &&
           (at[colon] != ':' || (colon + 1 < size && !isspace((unsigned char)at[colon + 1]))))
        colon++;
    size_t end = colon;
    while (end > ret->indent && isspace((unsigned char)at[end - 1]))
        end--;
    ret->label = arena_memdup(arena, at + ret->indent, end - ret->indent);
    if (colon == size)
        return;
    for (colon++; colon < size && isspace((unsigned char)at[colon]);)
        colon++;
    ret->value = arena_memdup(arena, at + colon, size - colon);
}

struct text_reader {
    card_vec cards;
    const char *driver, *section;
    size_t section_indent;
    bool known; /* something of nvidia-smi was seen */
};

static bool in_section(const struct text_reader *r, const char *section, const char *label,
                       const struct line *line)
{
    return r->section != NULL && strcasecmp(r->section, section) == 0 &&
           strcasecmp(line->label, label) == 0;
}

static void read_value(struct text_reader *r, const struct line *line)
{
    if (r->section != NULL && line->indent <= r->section_indent)
        r->section = NULL;
    if (r->cards.n == 0) {
        if (line->indent == 0 && strcasecmp(line->label, "Driver Version") == 0)
            r->driver = line->value;
        r->known =
            r->known || r->driver != NULL || strcasecmp(line->label, "Attached GPUs") == 0;
        return;
    }
    struct smi_card *card = &r->cards.items[r->cards.n - 1];
    if (in_section(r, "GPU Virtualization Mode", "Virtualization Mode", line))
        card->mode = line->value;
    else if (in_section(r, "ECC Mode", "Current", line))
        card->ecc_current = line->value;
    else if (in_section(r, "ECC Mode", "Pending", line))
        card->ecc_pending = line->value;
}

int smi_from_text(const char *text, size_t size, struct arena *arena, struct smi_report *ret,
                  struct err *err)
{
    struct text_reader r = {0};
    const char *end = text + size;
    for (const char *at = text; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        struct line line;
        read_line(at, (size_t)(stop - at), arena, &line);
        at = newline == NULL ? end : newline + 1;
        if (line.label[0] == '\0') /* blank */
            continue;
        if (line.value != NULL) {
            read_value(&r, &line);
        } else if (line.indent == 0 && strncasecmp(line.label, "GPU ", 4) == 0) {
            r.section = NULL;
            if (keep_card(arena, &r.cards, (struct smi_card){.id = line.label + 4}, err) < 0)
                return -1;
        } else {
            r.section = line.label;
            r.section_indent = line.indent;
        }
    }
    if (!r.known)
        return err_set(err, ERR_INVALID, "not the text of nvidia-smi -q");
    finish(&r.cards, r.driver, ret);
    return 0;
}

/* ---- failures --------------------------------------------------------------------------- */

void smi_from_failure(const struct part *part, struct arena *arena, struct smi_report *ret)
{
    static const struct {
        const char *text;
        enum smi_state state;
    } known[] = {
        {"couldn't communicate with the NVIDIA driver", SMI_NOT_LOADED},
        {"Driver/library version mismatch", SMI_NOT_LOADED},
        {"No devices found", SMI_NO_CARD},
        {"No devices were found", SMI_NO_CARD},
        {"nvidia-smi: not found", SMI_ABSENT},
    };
    *ret = (struct smi_report){.state = SMI_FAILED};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcasestr(part->output, known[i].text) != NULL) {
            ret->state = known[i].state;
            return;
        }
    }
    if (part->status == 127)
        ret->state = SMI_ABSENT;
    else if (part->status == 9 || part->status == 18)
        ret->state = SMI_NOT_LOADED;
    ret->reason = arena_printf(arena, "nvidia-smi failed with status %d: %s", part->status,
                               one_line(arena, part->output, part->size));
}
