/* vim25_spec_calls.c: customization specifications (vsphere-api.md §10). The <spec> is kept as
 * it came and given back so, but for passwords: those are kept sealed, and come back as sealed
 * ones, which are taken back only together with the key that the server gave along. */
#include <inttypes.h>
#include <string.h>

#include "digest.h"
#include "vim25_call.h"

enum { SPECS_MAX = 1000 };

/* ---- passwords ---- */

/* Public key of the simulated vCenter: <encryptionKey> elements. */
static const char *const key_bytes[] = {"71", "-5", "13"};

/* Not a cipher: enough that nobody reads the password, and that two can be told apart. */
static const char *seal(struct call *call, const char *password)
{
    const char *text = arena_printf(call->arena, "sealed %s", password);
    return arena_printf(call->arena, "sealed-%s", digest_bytes(text, strlen(text)).hex);
}

static bool is_password(const xmlNode *node)
{
    return node_child(node, "value") != NULL && node_child(node, "plainText") != NULL;
}

/* Seals what is plain; counts the passwords, and those that came sealed. */
static void seal_passwords(struct call *call, xmlNode *node, unsigned *ret_n, unsigned *ret_old)
{
    for (xmlNode *it = node->children; it != NULL; it = it->next) {
        if (it->type != XML_ELEMENT_NODE)
            continue;
        if (!is_password(it)) {
            seal_passwords(call, it, ret_n, ret_old);
            continue;
        }
        xmlNode *value = node_child(it, "value"), *plain = node_child(it, "plainText");
        ++*ret_n;
        if (!node_flag(plain, false)) {
            ++*ret_old;
            continue;
        }
        const char *sealed = seal(call, node_text(call->arena, value));
        xmlNodeSetContent(value, (const xmlChar *)sealed);
        xmlNodeSetContent(plain, (const xmlChar *)"false");
    }
}

static bool takes_key(struct call *call, const xmlNode *spec)
{
    size_t n = 0;
    for (const xmlNode *it = node_child(spec, "encryptionKey"); it != NULL;
         it = node_next(it), n++)
        if (n >= ARRAY_LEN(key_bytes) || strcmp(node_text(call->arena, it), key_bytes[n]) != 0)
            return false;
    return n == ARRAY_LEN(key_bytes);
}

static void write_key(xmlNode *spec, bool any)
{
    for (xmlNode *it; (it = node_child(spec, "encryptionKey")) != NULL;) {
        xmlUnlinkNode(it);
        xmlFreeNode(it);
    }
    for (size_t i = 0; any && i < ARRAY_LEN(key_bytes); i++)
        xmlNewChild(spec, NULL, (const xmlChar *)"encryptionKey",
                    (const xmlChar *)key_bytes[i]);
}

static int take_passwords(struct call *call, const xmlNode *item)
{
    xmlNode *spec = node_child(item, "spec");
    unsigned n = 0, old = 0;
    seal_passwords(call, spec, &n, &old);
    if (old > 0 && !takes_key(call, spec))
        return call_fault(call, "CannotDecryptPasswords",
                          "Passwords cannot be decrypted with the key of this server.");
    write_key(spec, n > 0);
    return 0;
}

/* ---- calls ---- */

static int run_exists(struct call *call)
{
    bool exists = world_spec(call->world, arg_text(call, "name")) != NULL;
    call_result_text(call, "boolean", exists ? "true" : "false");
    return 0;
}

static int not_found(struct call *call)
{
    return call_fault(call, "NotFound", "The object or item referred to could not be found.");
}

static int run_get(struct call *call)
{
    struct builder *b = &call->b;
    struct custom_spec *spec = world_spec(call->world, arg_text(call, "name"));
    if (spec == NULL)
        return not_found(call);
    struct val *item = val_object(b, "CustomizationSpecItem");
    struct val *info = val_sub(b, item, "info");
    val_text(b, info, "name", spec->name);
    val_text(b, info, "description", spec->description);
    val_text(b, info, "type", spec->type);
    val_text(b, info, "changeVersion", arena_printf(call->arena, "%" PRIu64, spec->change));
    val_time(b, info, "lastUpdateTime", spec->updated_at);
    struct val *body = val_sub(b, item, "spec");
    body->raw = spec->spec;
    call_result(call, item);
    return 0;
}

static void write_spec(struct call *call, struct custom_spec *spec, const xmlNode *item)
{
    struct world *world = call->world;
    const xmlNode *info = node_child(item, "info");
    struct strbuf text;
    strbuf_init(&text, STRBUF_MAX_OUTPUT);
    node_dump(node_child(item, "spec"), &text);
    spec->spec = world_strdup(world, strbuf_str(&text));
    spec->description =
        world_strdup(world, node_text(call->arena, node_child(info, "description")));
    spec->type = world_strdup(world, node_text(call->arena, node_child(info, "type")));
    spec->updated_at = world_now(world);
    spec->change++;
    strbuf_release(&text);
    world_event(world, "spec_written", spec->name, call_user(call));
}

/* The identity must fit the type of the specification. */
static int check_identity(struct call *call, const xmlNode *item)
{
    const char *type = node_text(call->arena, node_child(node_child(item, "info"), "type"));
    const char *identity =
        node_xsi_type(call->arena, node_child(node_child(item, "spec"), "identity"));
    bool linux_identity =
        identity != NULL && (strcmp(identity, "CustomizationLinuxPrep") == 0 ||
                             strcmp(identity, "CustomizationCloudinitPrep") == 0);
    if (strcmp(type, "Linux") != 0 && strcmp(type, "Windows") != 0)
        return call_invalid(call, "item.info.type", "%s", type);
    if (linux_identity != (strcmp(type, "Linux") == 0))
        return call_fault(call, "CustomizationFault",
                          "The identity does not fit the type %s of the specification.", type);
    return 0;
}

static int run_create(struct call *call)
{
    struct world *world = call->world;
    const xmlNode *item = arg_node(call, "item");
    const char *name = node_text(call->arena, node_child(node_child(item, "info"), "name"));
    if (*name == '\0')
        return call_invalid(call, "item.info.name", "It is empty.");
    if (check_identity(call, item) < 0 || take_passwords(call, item) < 0)
        return -1;
    if (world_spec(world, name) != NULL) {
        call_fault(call, "AlreadyExists",
                   "The specified key, name, or identifier '%s' already "
                   "exists.",
                   name);
        val_text(&call->b, call->fault, "name", name);
        return -1;
    }
    if (world->specs.n >= SPECS_MAX)
        return call_fault(call, "SystemError", "Too many specifications.");
    struct custom_spec *spec = ARENA_NEW(world->arena, struct custom_spec);
    spec->name = world_strdup(world, name);
    spec->change = (uint64_t)world_now(world) / 1000;
    write_spec(call, spec, item);
    VEC_PUSH(world->arena, &world->specs, spec);
    return 0;
}

static int run_overwrite(struct call *call)
{
    const xmlNode *item = arg_node(call, "item"), *info = node_child(item, "info");
    struct custom_spec *spec =
        world_spec(call->world, node_text(call->arena, node_child(info, "name")));
    xmlNode *version = node_child(info, "changeVersion");
    if (spec == NULL)
        return not_found(call);
    if (check_identity(call, item) < 0 || take_passwords(call, item) < 0)
        return -1;
    if (version != NULL && strcmp(node_text(call->arena, version),
                                  arena_printf(call->arena, "%" PRIu64, spec->change)) != 0)
        return call_fault(call, "ConcurrentAccess",
                          "The object has been changed since it was read.");
    write_spec(call, spec, item);
    return 0;
}

static int run_delete(struct call *call)
{
    struct custom_spec *spec = world_spec(call->world, arg_text(call, "name"));
    if (spec == NULL)
        return not_found(call);
    spec->gone = true;
    world_event(call->world, "spec_deleted", spec->name, call_user(call));
    return 0;
}

const struct handler spec_handlers[] = {
    {"DoesCustomizationSpecExist", 0, run_exists},
    {"GetCustomizationSpec", 0, run_get},
    {"CreateCustomizationSpec", CALL_CHANGES, run_create},
    {"OverwriteCustomizationSpec", CALL_CHANGES, run_overwrite},
    {"DeleteCustomizationSpec", CALL_CHANGES, run_delete},
    {0},
};
