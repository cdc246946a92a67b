/* wire_session.c: requests about sessions, views, properties and tasks. See wire.h. */
#include "wire.h"

static const struct ref service_instance = {"ServiceInstance", "ServiceInstance"};

void wire_service_content(struct wire *wire)
{
    wire_open(wire, "RetrieveServiceContent", service_instance);
    wire->idempotent = true;
    xml_write_close(&wire->x);
}

void wire_login(struct wire *wire, struct ref manager, const char *user, const char *password)
{
    wire_open(wire, "Login", manager);
    wire->idempotent = true;
    xml_write_text_element(&wire->x, "userName", user);
    xml_write_text_element(&wire->x, "password", password);
    xml_write_text_element(&wire->x, "locale", "en_US"); /* stable texts in errors */
    xml_write_close(&wire->x);
}

void wire_logout(struct wire *wire, struct ref manager)
{
    wire_open(wire, "Logout", manager);
    wire->idempotent = true;
    wire->last_word = true;
    xml_write_close(&wire->x);
}

void wire_create_view(struct wire *wire, struct ref manager, struct ref container,
                      const char *const *types)
{
    wire_open(wire, "CreateContainerView", manager);
    wire->idempotent = true;
    wire->bound = true;
    wire_ref(wire, "container", container);
    for (size_t i = 0; types[i] != NULL; i++)
        xml_write_text_element(&wire->x, "type", types[i]);
    xml_write_bool(&wire->x, "recursive", true);
    xml_write_close(&wire->x);
}

void wire_destroy_view(struct wire *wire, struct ref view)
{
    wire_open(wire, "DestroyView", view);
    wire->idempotent = true;
    wire->bound = true;
    xml_write_close(&wire->x);
}

static void write_view_objects(struct wire *wire, struct ref view)
{
    xml_write_open(&wire->x, "objectSet");
    wire_ref(wire, "obj", view);
    xml_write_bool(&wire->x, "skip", true);
    xml_write_open(&wire->x, "selectSet");
    xml_write_attr_type(&wire->x, "TraversalSpec");
    xml_write_text_element(&wire->x, "name", "members");
    xml_write_text_element(&wire->x, "type", "ContainerView");
    xml_write_text_element(&wire->x, "path", "view");
    xml_write_bool(&wire->x, "skip", false);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

static void write_listed_objects(struct wire *wire, const struct wire_retrieve *retrieve)
{
    for (size_t i = 0; i < retrieve->n_objects; i++) {
        xml_write_open(&wire->x, "objectSet");
        wire_ref(wire, "obj", retrieve->objects[i]);
        xml_write_close(&wire->x);
    }
    xml_write_bool(&wire->x, "reportMissingObjectsInResults", true);
}

void wire_retrieve(struct wire *wire, const struct wire_retrieve *retrieve)
{
    wire_open(wire, "RetrievePropertiesEx", retrieve->collector);
    wire->idempotent = true;
    xml_write_open(&wire->x, "specSet");
    for (size_t i = 0; i < retrieve->n_sets; i++) {
        xml_write_open(&wire->x, "propSet");
        xml_write_text_element(&wire->x, "type", retrieve->sets[i].type);
        for (size_t j = 0; retrieve->sets[i].paths[j] != NULL; j++)
            xml_write_text_element(&wire->x, "pathSet", retrieve->sets[i].paths[j]);
        xml_write_close(&wire->x);
    }
    wire->bound = retrieve->view.id != NULL;
    if (wire->bound)
        write_view_objects(wire, retrieve->view);
    else
        write_listed_objects(wire, retrieve);
    xml_write_close(&wire->x);
    xml_write_open(&wire->x, "options"); /* required, may be empty */
    if (retrieve->page > 0)
        xml_write_i64(&wire->x, "maxObjects", retrieve->page);
    xml_write_close(&wire->x);
    xml_write_close(&wire->x);
}

void wire_continue(struct wire *wire, struct ref collector, const char *token)
{
    wire_open(wire, "ContinueRetrievePropertiesEx", collector);
    wire->idempotent = true; /* a token is good once, but asking for it changes nothing */
    wire->bound = true;
    xml_write_text_element(&wire->x, "token", token);
    xml_write_close(&wire->x);
}

void wire_cancel_task(struct wire *wire, const char *task)
{
    wire_open(wire, "CancelTask", (struct ref){"Task", task});
    wire->idempotent = true;
    wire->last_word = true;
    xml_write_close(&wire->x);
}
