/* types_net.c: the types of a guest's place in the network: addresses and names. */
#include "types.h"

#include <ctype.h>
#include <string.h>

#include "err.h"
#include "num.h"
#include "type_error.h"
#include "value.h"

enum { MAX_LABEL = 63 };

/* ---- type_ipv4 ------------------------------------------------------------------------- */

static int ipv4_canonicalise(const struct attr *attr, const struct value *in,
                             struct arena *arena UNUSED, const struct value **ret,
                             struct err *err)
{
    uint32_t address;
    if (value_text(in) == NULL || num_ipv4(in->string, &address) < 0)
        return type_mismatch(attr->type->expects, in, err);
    *ret = in;
    return 0;
}

const struct attr_type type_ipv4 = {.name = "ipv4",
                                    .expects = "an IPv4 address such as 10.0.0.10",
                                    .canonicalise = ipv4_canonicalise};

/* ---- type_guest_name ------------------------------------------------------------------- */

/* A label of a host name. The end of a prefix may be a hyphen: a number follows. */
static int check_label(const struct value_field *field, bool is_prefix, struct err *err)
{
    const char *text = value_text(field->value);
    if (text == NULL)
        return type_mismatch("a name", field->value, err);
    size_t len = strlen(text);
    bool good = len > 0 && len <= MAX_LABEL && text[0] != '-';
    for (size_t i = 0; i < len; i++)
        good = good && (isalnum((unsigned char)text[i]) || text[i] == '-');
    if (!good || (!is_prefix && text[len - 1] == '-'))
        return err_set(
            err, ERR_INVALID,
            "%s: \"%.60s\" is not a host name of letters, digits and hyphens, at most "
            "%d, without a domain",
            field->key, text, MAX_LABEL);
    return 0;
}

static int guest_name_canonicalise(const struct attr *attr, const struct value *in,
                                   struct arena *arena UNUSED, const struct value **ret,
                                   struct err *err)
{
    static const char *const keys[] = {"name", "prefix", NULL};
    const char *text = value_text(in);
    if (text == NULL || strcmp(text, "vm-name") != 0) {
        if (in->type != VALUE_MAP || in->map.n == 0)
            return type_mismatch(attr->type->expects, in, err);
        if (type_check_keys(in, keys, err) < 0)
            return -1;
        if (in->map.n > 1)
            return err_set(err, ERR_INVALID, "name and prefix exclude each other");
        const struct value_field *field = &in->map.fields[0];
        if (check_label(field, strcmp(field->key, "prefix") == 0, err) < 0)
            return -1;
    }
    *ret = in;
    return 0;
}

const struct attr_type type_guest_name = {.name = "guest name",
                                          .expects = "vm-name, {prefix: TEXT} or {name: TEXT}",
                                          .canonicalise = guest_name_canonicalise};
