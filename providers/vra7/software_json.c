/* software_json.c: software components: attributes and the object of vra7-api.md §3.2. Pure. */
#include "vra7.h"

#include <string.h>
#include <strings.h>

static const struct task {
    const char *id, *label, *attr; /* descriptor, its label, prefix of the attributes */
} tasks[] = {
    {"INSTALL", "Install", "install"},
    {"CONFIGURE", "Configure", "configure"},
    {"START", "Start", "start"},
    {"UPDATE", "Update", "update"},
    {"UNINSTALL", "Uninstall", "uninstall"},
};

static const struct value *arg(const struct value *args, const struct task *task,
                               const char *member)
{
    char name[32];
    snprintf(name, sizeof(name), "%s.%s", task->attr, member);
    return value_get(args, name);
}

/* Descriptors compare without regard to case (§12.3). */
static json_t *find_task(const json_t *list, const char *id, size_t *ret_index)
{
    size_t i;
    json_t *each;
    json_array_foreach(list, i, each)
    {
        const char *of = vra_text_at(each, "taskDescriptorRef.id");
        if (of == NULL || strcasecmp(of, id) != 0)
            continue;
        *ret_index = i;
        return each;
    }
    return NULL;
}

/* The server's own id and name of a task, where it told. */
static json_t *descriptor(const struct software_spec *spec, const struct task *task)
{
    size_t i;
    json_t *each;
    json_array_foreach(spec->tasks, i, each)
    {
        const char *id = vra_text(each, "id"), *name = vra_text(each, "name");
        if (id != NULL && strcasecmp(id, task->id) == 0)
            return vra_ref(id, name != NULL ? name : task->label);
    }
    return vra_ref(task->id, task->label);
}

static void write_script(json_t *script, const struct software_spec *spec,
                         const struct task *task)
{
    const char *type = vra_text(script, "scriptTypeId");
    const char *wanted = value_text(arg(spec->args, task, "type"));
    if (wanted == NULL)
        wanted = "bash";
    if (type == NULL || strcasecmp(type, wanted) != 0)
        vra_set_text(script, "scriptTypeId",
                     strcasecmp(wanted, "bash") == 0 ? spec->bash : wanted);
    vra_set_text(script, "scriptContent", value_text(arg(spec->args, task, "script")));
    const struct value *reboot = arg(spec->args, task, "reboot");
    bool again = reboot->type == VALUE_BOOL && reboot->boolean;
    json_t *now = json_object_get(script, "isRebootAfter");
    if (!json_is_boolean(now) || json_is_true(now) != again)
        json_object_set_new(script, "isRebootAfter", json_boolean(again));
}

static void merge_task(json_t *list, const struct software_spec *spec, const struct task *task)
{
    size_t index = 0;
    json_t *entry = find_task(list, task->id, &index);
    if (value_text(arg(spec->args, task, "script")) == NULL) {
        for (; entry != NULL; entry = find_task(list, task->id, &index))
            json_array_remove(list, index);
        return;
    }
    if (entry == NULL) {
        entry = json_object();
        json_object_set_new(entry, "taskDescriptorRef", descriptor(spec, task));
        json_array_append_new(list, entry);
    }
    if (!json_is_object(json_object_get(entry, "script")))
        json_object_set_new(entry, "script", json_object());
    write_script(json_object_get(entry, "script"), spec, task);
}

static json_t *constant_facet(const char *type, const char *clause, bool value)
{
    return json_pack("{s:s, s:{s:s, s:{s:s, s:b}}}", "type", type, "value", "type", clause,
                     "value", "type", "boolean", "value", value);
}

/* "Container = Machine" (§3.2). */
static json_t *machine_container(void)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}, s:{s:[], s:[o,o]}, s:b}", "id",
                     "host", "label", "Container", "description", "", "dataType", "type", "ref",
                     "componentTypeId", "com.vmware.csp.iaas.blueprint.service", "classId",
                     "Infrastructure.Machine.Schema", "label", "Machine", "state",
                     "dependencies", "facets",
                     constant_facet("visible", "constantClause", false),
                     constant_facet("mandatory", "constant", true), "isMultiValued", 0);
}

static const json_t *container_field(const json_t *object)
{
    const char *id = vra_text(object, "containerFieldId");
    return id == NULL ? NULL : vra_find(vra_at(object, "schema.fields"), "id", id);
}

static bool is_machine_container(const json_t *field)
{
    const char *class = vra_text_at(field, "dataType.classId");
    return class != NULL && strcmp(class, "Infrastructure.Machine.Schema") == 0;
}

static void merge_container(json_t *object)
{
    if (is_machine_container(container_field(object)))
        return;
    if (!json_is_object(json_object_get(object, "schema")))
        json_object_set_new(object, "schema", json_object());
    json_t *schema = json_object_get(object, "schema");
    if (!json_is_array(json_object_get(schema, "fields")))
        json_object_set_new(schema, "fields", json_array());
    json_t *fields = json_object_get(schema, "fields");
    const char *old = vra_text(object, "containerFieldId");
    for (size_t i = json_array_size(fields); i-- > 0;) {
        const char *id = vra_text(json_array_get(fields, i), "id");
        if (id != NULL && (strcmp(id, "host") == 0 || (old != NULL && strcmp(id, old) == 0)))
            json_array_remove(fields, i);
    }
    json_array_append_new(fields, machine_container());
    json_object_set_new(object, "containerFieldId", json_string("host"));
}

json_t *software_merge(const json_t *read, const struct software_spec *spec)
{
    json_t *object = read == NULL ? json_object() : json_deep_copy(read);
    if (read == NULL) {
        vra_set_text(object, "id", spec->id);
        vra_set_text(object, "tenantId", spec->tenant);
        vra_set_text(object, "publishStatus", "DRAFT");
    }
    vra_set_text(object, "name", spec->name);
    vra_set_text(object, "description", spec->description);
    merge_container(object);
    if (!json_is_array(json_object_get(object, "lifecycleTasks")))
        json_object_set_new(object, "lifecycleTasks", json_array());
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        merge_task(json_object_get(object, "lifecycleTasks"), spec, &tasks[i]);
    return object;
}

/* ---- reading ---- */

static void set_task(const json_t *entry, const struct task *task, struct arena *arena,
                     struct instance *live)
{
    const json_t *script = json_object_get(entry, "script");
    const char *content = vra_text(script, "scriptContent");
    if (content == NULL || content[0] == '\0')
        return;
    const char *type = vra_text(script, "scriptTypeId");
    if (type != NULL && strcasecmp(type, "bash") == 0)
        type = "bash";
    char name[32];
    snprintf(name, sizeof(name), "%s.type", task->attr);
    if (type != NULL)
        instance_set(live, name, value_string(arena, type));
    snprintf(name, sizeof(name), "%s.script", task->attr);
    instance_set(live, name, value_string(arena, content));
    snprintf(name, sizeof(name), "%s.reboot", task->attr);
    instance_set(live, name,
                 value_bool(json_is_true(json_object_get(script, "isRebootAfter"))));
}

void software_attrs(const json_t *object, struct arena *arena, struct instance *live)
{
    const char *status = vra_text(object, "publishStatus");
    instance_set(live, "published",
                 value_bool(status != NULL && strcmp(status, "PUBLISHED") == 0));
    const json_t *field = container_field(object);
    const char *class = vra_text_at(field, "dataType.typeFilter");
    if (is_machine_container(field))
        class = "machine";
    instance_set(live, "container", value_string(arena, class == NULL ? "other" : class));
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        size_t index;
        const json_t *entry =
            find_task(json_object_get(object, "lifecycleTasks"), tasks[i].id, &index);
        if (entry != NULL)
            set_task(entry, &tasks[i], arena, live);
    }
}
