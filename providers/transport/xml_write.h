/* xml_write.h: builds XML text and escapes what goes into it.
 *
 *     struct xml_writer w;
 *     xml_write_init(&w, &buf);
 *     xml_write_open(&w, "spec");
 *     xml_write_attr_type(&w, "VirtualMachineConfigSpec");
 *     xml_write_text_element(&w, "name", name);
 *     xml_write_close(&w);
 *     if (xml_write_finish(&w, err) < 0) ...
 *
 * Values that XML cannot hold (control characters, broken UTF-8) are refused, not altered: the
 * first mistake is kept and reported by xml_write_finish. Element and attribute names are the
 * caller's literals and must live until the element is closed.
 */
#ifndef GF_XML_WRITE_H
#define GF_XML_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "err.h"

struct strbuf;

#define XML_WRITE_MAX_DEPTH 48

struct xml_writer {
    struct strbuf *out;
    const char *open[XML_WRITE_MAX_DEPTH];
    unsigned depth;
    bool in_tag;           /* the start tag of open[depth - 1] still takes attributes */
    const char *bad_name;  /* element or attribute of the first refused value */
    const char *bad_cause; /* why; NULL = all well */
};

void xml_write_init(struct xml_writer *writer, struct strbuf *out);

void xml_write_open(struct xml_writer *writer, const char *name);
void xml_write_attr(struct xml_writer *writer, const char *name, const char *value);
/* xsi:type="name"; the prefix xsi is bound by the SOAP envelope. */
void xml_write_attr_type(struct xml_writer *writer, const char *type);
void xml_write_text(struct xml_writer *writer, const char *text);
void xml_write_close(struct xml_writer *writer);

/* Whole leaf elements. */
void xml_write_text_element(struct xml_writer *writer, const char *name, const char *text);
void xml_write_i64(struct xml_writer *writer, const char *name, int64_t value);
void xml_write_bool(struct xml_writer *writer, const char *name, bool value);
/* A managed object reference: <name type="HostSystem">host-21</name> (vsphere-api.md §3). */
void xml_write_ref(struct xml_writer *writer, const char *name, const char *type,
                   const char *id);
/* An anyType value: <name xsi:type="xsd:string">text</name>. */
void xml_write_any(struct xml_writer *writer, const char *name, const char *xsd_type,
                   const char *text);

/* Every element must be closed (asserted). ERR_INVALID when a value was refused. */
MUST_CHECK int xml_write_finish(struct xml_writer *writer, struct err *err);

#endif
