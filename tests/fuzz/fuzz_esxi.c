/* fuzz_esxi.c: what the commands of a host print, as one answer of the shell.
 *
 * The first part goes to esxcli graphics, the second to its device list, the third to the vib
 * list and the fourth to nvidia-smi, each to both parsers; marker lines "@@:N:STATUS" divide
 * them. What was understood becomes attributes of the host; whatever it is, texts for people
 * are one line.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "esxi.h"
#include "strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 4 };

static bool is_line(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ')
            return false;
    return true;
}

/* ---- esxcli ---- */

static void check_records(const struct records *records)
{
    for (size_t i = 0; i < records->n; i++) {
        const struct record *record = &records->items[i];
        assert(record->header != NULL);
        for (size_t j = 0; j < record->n; j++) {
            assert(record->fields[j].label != NULL && record->fields[j].value != NULL);
            assert(record_get(record, record->fields[j].label) != NULL);
        }
        assert(record_get(record, "no such label") == NULL || record->n > 0);
    }
}

static void read_records(const struct part *part, enum esx_shape shape, struct arena *arena,
                         struct answer *ret)
{
    struct records text = {0}, xml = {0};
    struct err err = {0};
    bool is_text = records_from_text(part->output, part->size, shape, arena, &text, &err) == 0;
    assert(is_text || err.code == ERR_INVALID);
    bool is_xml = records_from_xml(part->output, part->size, arena, &xml, &err) == 0;
    assert(is_xml || err.code == ERR_INVALID);
    check_records(&text);
    check_records(&xml);
    *ret = (struct answer){.records = is_xml ? xml : text,
                           .problem = is_text || is_xml ? NULL : "not understood"};
}

static void check_failure(const struct part *part)
{
    struct err err = {0};
    assert(esxcli_error(part, "a command", &err) < 0);
    assert(err.code != ERR_NONE && is_line(err.message));
    if (esxcli_no_hostd(part))
        assert(err.code == ERR_UNREACHABLE);
}

/* ---- nvidia-smi ---- */

static void check_cards(const struct smi_report *report)
{
    assert((report->state == SMI_RUNS) == (report->n_cards > 0));
    for (size_t i = 0; i < report->n_cards; i++)
        assert(report->cards[i].id != NULL);
    facts_ecc(report, true);
    facts_ecc(report, false);
}

static void read_smi(const struct part *part, struct arena *arena, struct smi_report *ret)
{
    struct smi_report text, xml;
    struct err err = {0};
    smi_from_failure(part, arena, ret);
    assert(ret->reason == NULL ? ret->state != SMI_FAILED : is_line(ret->reason));
    bool is_text = smi_from_text(part->output, part->size, arena, &text, &err) == 0;
    assert(is_text || err.code == ERR_INVALID);
    bool is_xml = smi_from_xml(part->output, part->size, arena, &xml, &err) == 0;
    assert(is_xml || err.code == ERR_INVALID);
    if (is_text)
        check_cards(&text);
    if (is_xml)
        check_cards(&xml);
    if (is_text || is_xml)
        *ret = is_xml ? xml : text;
}

/* ---- a host ---- */

static void check_host(const struct sight *sight, struct arena *arena)
{
    const struct value *attrs[ESXI_ATTR_COUNT];
    struct driver_vibs vibs;
    facts_derive(sight, arena, attrs);
    for (size_t i = 0; i < ESXI_ATTR_COUNT; i++) {
        assert(attrs[i] != NULL);
        if (value_is_unreadable(attrs[i]))
            assert(is_line(attrs[i]->string));
    }
    facts_map(attrs, arena);
    facts_driver_vibs(&sight->vibs.records, arena, &vibs);
    for (size_t i = 0; i < vibs.n; i++)
        assert(strlen(vibs.items[i].driver) < sizeof(vibs.items[i].driver));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct part parts[PARTS] = {0};
    struct sight sight = {0};
    struct err err = {0};
    const char *text = (const char *)data;
    if (script_split(text, size, "@@", PARTS, arena, parts, &err) < 0) {
        assert(err.code == ERR_INVALID && is_line(err.message));
        for (size_t i = 0; i < PARTS; i++)
            parts[i] = (struct part){arena_memdup(arena, text, size), size, (int)i};
    }
    read_records(&parts[0], SHAPE_FIELDS, arena, &sight.graphics);
    read_records(&parts[1], SHAPE_FIELDS, arena, &sight.devices);
    read_records(&parts[2], SHAPE_TABLE, arena, &sight.vibs);
    read_smi(&parts[3], arena, &sight.smi);
    for (size_t i = 0; i < PARTS; i++)
        check_failure(&parts[i]);
    check_host(&sight, arena);
    arena_free(arena);
    return 0;
}
