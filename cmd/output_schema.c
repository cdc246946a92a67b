/* output_schema.c: see output_schema.h. */
#include "output_schema.h"

#include "arena.h"
#include "compiler.h"
#include "value.h"
#include "vec.h"

struct fields {
    VEC(struct value_field) list;
};

static void add(struct arena *arena, struct fields *fields, const char *key,
                const struct value *value)
{
    VEC_PUSH(arena, &fields->list, ((struct value_field){key, value}));
}

static const struct value *done(struct arena *arena, const struct fields *fields)
{
    return value_map(arena, fields->list.items, fields->list.n);
}

static const struct value *words_of(struct arena *arena, const struct member *member, bool null)
{
    VEC(const struct value *) items = {0};
    for (size_t i = 0; member->word(i) != NULL; i++)
        VEC_PUSH(arena, &items, value_string(arena, member->word(i)));
    if (null) /* in a list, unlike in a map, absent stays as null */
        VEC_PUSH(arena, &items, value_absent());
    return value_list(arena, items.items, items.n);
}

static void add_type(struct arena *arena, struct fields *fields, const char *type, bool null)
{
    const struct value *both[] = {value_string(arena, type), value_string(arena, "null")};
    add(arena, fields, "type", null ? value_list(arena, both, 2) : both[0]);
}

static const struct value *form_schema(struct arena *arena, const struct form *form);

static const struct value *text_schema(struct arena *arena)
{
    struct fields fields = {0};
    add_type(arena, &fields, "string", false);
    return done(arena, &fields);
}

static void add_items(struct arena *arena, struct fields *fields, const struct member *member)
{
    struct fields words = {0};
    add_type(arena, fields, "array", false);
    if (member->type == MEMBER_WORDS)
        add(arena, &words, "enum", words_of(arena, member, false));
    add(arena, fields, "items",
        member->type == MEMBER_OBJECTS ? form_schema(arena, member->form)
        : member->type == MEMBER_TEXTS ? text_schema(arena)
                                       : done(arena, &words));
}

static const struct value *member_schema(struct arena *arena, const struct form *form,
                                         const struct member *member)
{
    struct fields fields = {0};
    bool null = (member->flags & MEMBER_NULL) != 0;
    switch (member->type) {
    case MEMBER_VERSION:
        add(arena, &fields, "const", value_int(arena, 1));
        break;
    case MEMBER_EVENT:
        add(arena, &fields, "const", value_string(arena, form->name));
        break;
    case MEMBER_TEXT:
        add_type(arena, &fields, "string", null);
        break;
    case MEMBER_COUNT:
        add_type(arena, &fields, "integer", null);
        add(arena, &fields, "minimum", value_int(arena, 0));
        break;
    case MEMBER_FLAG:
        add_type(arena, &fields, "boolean", null);
        break;
    case MEMBER_WORD:
        add(arena, &fields, "enum", words_of(arena, member, null));
        break;
    case MEMBER_OBJECT:
        return form_schema(arena, member->form);
    case MEMBER_OBJECTS:
    case MEMBER_TEXTS:
    case MEMBER_WORDS:
        add_items(arena, &fields, member);
        break;
    case MEMBER_ANY:
    case MEMBER_TYPE_COUNT:
        break;
    }
    add(arena, &fields, "description", value_string(arena, member->doc));
    return done(arena, &fields);
}

static const struct value *form_schema(struct arena *arena, const struct form *form)
{
    struct fields properties = {0}, fields = {0};
    VEC(const struct value *) required = {0};
    for (const struct member *it = form->members; it->name != NULL; it++) {
        add(arena, &properties, it->name, member_schema(arena, form, it));
        if ((it->flags & MEMBER_OPTIONAL) == 0)
            VEC_PUSH(arena, &required, value_string(arena, it->name));
    }
    add_type(arena, &fields, "object", false);
    add(arena, &fields, "description", value_string(arena, form->doc));
    add(arena, &fields, "required", value_list(arena, required.items, required.n));
    add(arena, &fields, "properties", done(arena, &properties));
    return done(arena, &fields);
}

const struct value *output_schema(const struct output *output, struct arena *arena)
{
    struct fields fields = {0};
    VEC(const struct value *) forms = {0};
    for (size_t i = 0; output->forms[i] != NULL; i++)
        VEC_PUSH(arena, &forms, form_schema(arena, output->forms[i]));
    add(arena, &fields, "$schema",
        value_string(arena, "https://json-schema.org/draft/2020-12/schema"));
    add(arena, &fields, "title", value_string(arena, output->title));
    if (forms.n > 1) {
        add(arena, &fields, "oneOf", value_list(arena, forms.items, forms.n));
        return done(arena, &fields);
    }
    return value_merge(arena, forms.items[0], done(arena, &fields));
}
