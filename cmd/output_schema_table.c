/* output_schema_table.c: the members of the formats, for output_schema.c. */
#include "output_schema.h"

#include "compiler.h"
#include "diag.h"
#include "err.h"
#include "progress.h"
#include "step.h"
#include "walk.h"

static const char *action_word(size_t i)
{
    return i < ACTION_COUNT ? action_name((enum action)i) : NULL;
}

static const char *reason_word(size_t i)
{
    return i < REASON_COUNT ? reason_name((enum reason)i) : NULL;
}

static const char *effect_word(size_t i)
{
    return effect_name(i);
}

static const char *severity_word(size_t i)
{
    return i < DIAG_SEVERITY_COUNT ? diag_severity_name((enum diag_severity)i) : NULL;
}

static const char *code_word(size_t i)
{
    return i < ERR_CODE_COUNT ? err_code_name((enum err_code)i) : NULL;
}

static const char *outcome_word(size_t i)
{
    return i < OUTCOME_COUNT ? outcome_name((enum outcome_kind)i) : NULL;
}

static const char *status_word(size_t i)
{
    return i < WALK_STATUS_COUNT ? walk_status_name((enum walk_status)i) : NULL;
}

static const char *command_word(size_t i)
{
    static const char *const words[] = {"validate", "plan", "drift"};
    return i < ARRAY_LEN(words) ? words[i] : NULL;
}

enum { OPTIONAL = MEMBER_OPTIONAL, NULLABLE = MEMBER_NULL };

#define TEXT(name, flags, doc)                                                                 \
    {                                                                                          \
        name, MEMBER_TEXT, flags, NULL, NULL, doc                                              \
    }
#define COUNT(name, flags, doc)                                                                \
    {                                                                                          \
        name, MEMBER_COUNT, flags, NULL, NULL, doc                                             \
    }
#define FLAG(name, flags, doc)                                                                 \
    {                                                                                          \
        name, MEMBER_FLAG, flags, NULL, NULL, doc                                              \
    }
#define ANY(name, doc)                                                                         \
    {                                                                                          \
        name, MEMBER_ANY, 0, NULL, NULL, doc                                                   \
    }
#define WORD(name, words, doc)                                                                 \
    {                                                                                          \
        name, MEMBER_WORD, 0, NULL, words, doc                                                 \
    }
#define TEXTS(name, doc)                                                                       \
    {                                                                                          \
        name, MEMBER_TEXTS, 0, NULL, NULL, doc                                                 \
    }
#define OBJECTS(name, form, doc)                                                               \
    {                                                                                          \
        name, MEMBER_OBJECTS, 0, form, NULL, doc                                               \
    }
#define OBJECT(name, flags, form)                                                              \
    {                                                                                          \
        name, MEMBER_OBJECT, flags, form, NULL, ""                                             \
    }
#define VERSION(name)                                                                          \
    {                                                                                          \
        name, MEMBER_VERSION, 0, NULL, NULL, "Version of the format."                          \
    }
#define END                                                                                    \
    {                                                                                          \
        0                                                                                      \
    }

/* ---- shared -------------------------------------------------------------------------------
 */

static const struct member unreadable_members[] = {
    TEXT("address", 0, "The resource, as kind/name."),
    TEXT("attribute", NULLABLE, "The attribute; null: the whole resource."),
    TEXT("reason", 0, "Why it cannot be read."), END};
static const struct form unreadable_form = {
    "unreadable", "What could not be read is left alone.", unreadable_members};

/* ---- plan ---------------------------------------------------------------------------------
 */

static const struct member place_members[] = {
    TEXT("file", 0, "As messages name it."), COUNT("line", 0, "From 1."),
    COUNT("column", 0, "From 1, in characters."), END};
static const struct form place_form = {"declared", "Where the files declare the resource.",
                                       place_members};

static const struct member attr_members[] = {
    TEXT("name", 0, "Name of the attribute; of items with their number: guest.steps[2].run."),
    ANY("from", "The live value, or the recorded one; null: absent."),
    ANY("to", "What it becomes; null: absent."),
    WORD("reason", reason_word, "Why it changes."),
    TEXT("note", OPTIONAL, "How the value came about."),
    TEXT("label", OPTIONAL, "What people call it, when not by its name."),
    END};
static const struct form attr_form = {"attribute", "One attribute that changes.", attr_members};

static const struct member when_members[] = {
    TEXT("attr", NULLABLE, "The attribute that decides; null: a failure before does."),
    TEXT("equals", 0, "The step runs when it has this value."), END};
static const struct form when_form = {
    "when", "A condition that only the run can settle; without it, the step always runs.",
    when_members};

static const struct member step_members[] = {
    COUNT("id", 0, "Number within the change, from 0."),
    TEXT("provider", 0, "Who performs it."),
    TEXT("op", 0, "The operation."),
    TEXT("title", 0, "For people."),
    {"effects", MEMBER_WORDS, 0, NULL, effect_word, "What it does beyond its own object."},
    OBJECT("when", OPTIONAL, &when_form),
    ANY("args", "What the provider needs; no secrets."),
    END};
static const struct form step_form = {"step", "One call of one provider, in order.",
                                      step_members};

static const struct member change_members[] = {
    TEXT("address", 0, "The resource, as kind/name."),
    WORD("action", action_word, "What happens to it."),
    COUNT("wave", 0, "From 1, for display."),
    TEXT("pool", OPTIONAL, "The group that it is rolled out with."),
    FLAG("canary", OPTIONAL, "The first of its pool."),
    TEXT("note", OPTIONAL, "What is special about it, for people."),
    OBJECT("declared", OPTIONAL, &place_form),
    OBJECTS("attributes", &attr_form, "What changes, of what is compared."),
    OBJECTS("steps", &step_form, "How it is carried out."),
    TEXTS("after", "Addresses of the changes that come first."),
    TEXT("live_digest", OPTIONAL, "Of the live resource that the plan saw."),
    TEXT("prior_digest", OPTIONAL, "Of the recorded resource that the plan saw."),
    END};
static const struct form change_form = {"change", "One resource that changes.", change_members};

static const struct member refused_members[] = {
    TEXT("address", 0, "The resource, as kind/name."),
    WORD("code", code_word, "conflict: it exists and is not managed; denied: it is protected."),
    TEXT("message", 0, "Why."), TEXT("hint", NULLABLE, "The way out."), END};
static const struct form refused_form = {
    "refused", "What the plan refuses: while there is any, nothing is applied.",
    refused_members};

static const struct member slots_members[] = {
    TEXT("profile", 0, "The vGPU profile."), COUNT("now", 0, "Slots before."),
    COUNT("least", 0, "Fewest on the way."), COUNT("most", 0, "Most on the way."),
    COUNT("after", 0, "Slots after."),       END};
static const struct form slots_form = {"slots", "vGPU slots of one profile.", slots_members};

static const struct member range_members[] = {COUNT("least", 0, "At least."),
                                              COUNT("most", 0, "At most."), END};
static const struct form range_form = {
    "host_reboots", "How many hosts reboot; a range where only the run can tell.",
    range_members};

static const struct member impact_members[] = {
    COUNT("create", 0, "Resources that are new."),
    COUNT("update", 0, "That change."),
    COUNT("rebuild", 0, "Templates that get a new version."),
    COUNT("delete", 0, "Destroyed."),
    COUNT("release", 0, "That leave the state and stay as they are."),
    COUNT("adopt", 0, "That are taken over as they are."),
    COUNT("windows", 0, "Maintenance windows of hosts."),
    OBJECT("host_reboots", 0, &range_form),
    COUNT("data_loss", 0, "Steps that destroy data."),
    COUNT("service_interruptions", 0, "Steps during which something cannot be requested."),
    COUNT("hosts_out", 0, "Hosts of one pool that are out of service at a time, at most."),
    TEXTS("powers_off", "Machines that are powered off."),
    TEXTS("moves", "Machines that move."),
    OBJECTS("slots", &slots_form, "vGPU slots before, on the way and after."),
    END};
static const struct form impact_form = {"impact", "What the whole plan does to the world.",
                                        impact_members};

static const struct member waived_members[] = {
    TEXT("rule", 0, "The rule, as GF and a number."),
    TEXT("address", NULLABLE, "The resource, as kind/name."),
    TEXT("message", 0, "What does not hold."),
    TEXT("reason", 0, "Why it need not."),
    TEXT("until", NULLABLE, "Last day of the waiver; null: for good."),
    END};
static const struct form waived_form = {"waived", "A rule that need not hold, for a reason.",
                                        waived_members};

static const struct member plan_finding_members[] = {
    WORD("severity", severity_word, "Errors stop a plan, warnings do not."),
    TEXT("rule", NULLABLE, "The rule, as GF and a number; null: the plan itself."),
    TEXT("address", NULLABLE, "The resource, as kind/name."),
    OBJECT("declared", OPTIONAL, &place_form),
    TEXT("message", 0, "What does not hold."),
    TEXT("hint", NULLABLE, "The way out."),
    END};
static const struct form plan_finding_form = {
    "plan_finding", "What the checks found: while there is an error, nothing is applied.",
    plan_finding_members};

static const struct member plan_members[] = {
    VERSION("gridform_plan"),
    TEXT("id", 0, "Digest of all that follows."),
    TEXT("site", NULLABLE, "Name of the site."),
    TEXT("commit", NULLABLE,
         "Of the files, -dirty when they differ from it; null: no repository."),
    TEXT("lineage", NULLABLE, "Identity of the state's history; empty: no state yet."),
    COUNT("serial", 0, "Of the state."),
    TEXT("inputs", NULLABLE, "Digest of all files."),
    TEXTS("adopt", "Addresses that may be taken over."),
    COUNT("waves", 0, "How many there are."),
    COUNT("unchanged", 0, "Resources that stay as they are."),
    COUNT("left_out", OPTIONAL, "Changes that are due and were not asked for."),
    OBJECT("impact", 0, &impact_form),
    OBJECTS("changes", &change_form, "In the order of execution."),
    OBJECTS("unreadable", &unreadable_form, "What is left alone."),
    OBJECTS("refused", &refused_form, "What must be settled first."),
    {"waived", MEMBER_OBJECTS, OPTIONAL, &waived_form, NULL, "Rules that need not hold."},
    {"findings", MEMBER_OBJECTS, OPTIONAL, &plan_finding_form, NULL,
     "What the checks found and is not waived."},
    TEXT("checksum", OPTIONAL, "Of all before it, in saved plans (plan --out)."),
    END};
static const struct form plan_form = {"plan", "What apply would do (plan --json, plan --out).",
                                      plan_members};

/* ---- drift --------------------------------------------------------------------------------
 */

static const struct member drift_item_members[] = {
    TEXT("address", 0, "The resource, as kind/name."),
    FLAG("gone", OPTIONAL, "The resource itself does not exist any more."),
    TEXT("attribute", OPTIONAL, "The attribute; missing when the resource is gone."),
    {"applied", MEMBER_ANY, OPTIONAL, NULL, NULL, "What was last applied."},
    {"live", MEMBER_ANY, OPTIONAL, NULL, NULL, "What it is now."},
    FLAG("ignored", 0, "The lifecycle of the resource ignores it: it does not count."),
    FLAG("new", OPTIONAL, "Not in the last report (--report, --watch)."),
    FLAG("changed", OPTIONAL, "In the last report with another value."),
    TEXT("since", OPTIONAL, "When it was first reported, in UTC."),
    TEXT("file", OPTIONAL, "Where the files declare it."),
    COUNT("line", OPTIONAL, "From 1."),
    END};
static const struct form drift_item_form = {"difference", "One difference.",
                                            drift_item_members};

static const struct member drift_blind_members[] = {
    TEXT("address", 0, "The resource, as kind/name."),
    TEXT("attribute", NULLABLE, "The attribute; null: the whole resource."),
    TEXT("reason", 0, "Why it cannot be read."),
    FLAG("new", OPTIONAL, "It could be read at the last report (--report, --watch)."),
    TEXT("since", OPTIONAL, "When that was first reported, in UTC."),
    END};
static const struct form drift_blind_form = {"blind", "What could not be compared.",
                                             drift_blind_members};

static const struct member healed_members[] = {
    TEXT("address", 0, "The resource, as kind/name."),
    TEXT("attribute", NULLABLE, "The attribute; null: the resource had been gone."),
    TEXT("since", 0, "When it was first reported, in UTC."), END};
static const struct form healed_form = {
    "healed", "Was drift at the last report, and is none now.", healed_members};

static const struct member drift_members[] = {
    VERSION("gridform_drift"),
    TEXT("site", OPTIONAL, "Name of the site."),
    TEXT("at", OPTIONAL, "When it was looked, in UTC."),
    COUNT("exit", OPTIONAL, "The exit code of this check."),
    FLAG("report", OPTIONAL, "false: the check failed, and there is nothing else here."),
    COUNT("checked", OPTIONAL, "Resources that were compared."),
    COUNT("pending_edits", OPTIONAL, "Resources that wait for an apply of edited files."),
    {"drift", MEMBER_OBJECTS, OPTIONAL, &drift_item_form, NULL, "By address, then attribute."},
    {"unreadable", MEMBER_OBJECTS, OPTIONAL, &drift_blind_form, NULL,
     "What could not be compared."},
    {"healed", MEMBER_OBJECTS, OPTIONAL, &healed_form, NULL,
     "What was drift at the last report, with --report and --watch."},
    END};
static const struct form drift_form = {
    "drift", "What moved in the world since the last apply (drift --json).", drift_members};

/* ---- findings -----------------------------------------------------------------------------
 */

static const struct member finding_members[] = {
    TEXT("rule", 0,
         "GF and a number (gridform explain), or manifest, refused, unreadable, drift, "
         "gone."),
    WORD("severity", severity_word, "Errors stop a plan, warnings do not."),
    TEXT("address", NULLABLE, "The resource, as kind/name."),
    TEXT("attribute", NULLABLE, "The attribute."),
    TEXT("message", 0, "What is wrong."),
    TEXT("hint", NULLABLE, "The way out."),
    TEXT("accepted", NULLABLE, "Why it does not count; null: it counts."),
    TEXT("file", NULLABLE, "Path in the repository, or from the current directory."),
    COUNT("line", 0, "From 1; 0: not known."),
    COUNT("column", 0, "From 1, in characters; 0: not known."),
    END};
static const struct form finding_form = {"finding", "One finding.", finding_members};

static const struct member findings_members[] = {
    VERSION("gridform_findings"),
    WORD("command", command_word, "The command that looked."),
    TEXT("site", NULLABLE, "Name of the site, as far as it could be read."),
    COUNT("files", 0, "Files of the manifest."),
    COUNT("resources", 0, "Resources."),
    OBJECTS("findings", &finding_form, "By file and line."),
    COUNT("errors", 0, "Findings that count, by severity."),
    COUNT("warnings", 0, "Findings that count, by severity."),
    COUNT("left_out", 0, "Findings that were too many to be listed."),
    END};
static const struct form findings_form = {"findings", "What checks found (validate --json).",
                                          findings_members};

/* ---- events -------------------------------------------------------------------------------
 */

#define EVENT                                                                                  \
    VERSION("gridform_events"), {"event", MEMBER_EVENT, 0, NULL, NULL, "What happened."},      \
        COUNT("elapsed_ms", 0, "Since the apply began.")
#define ADDRESS TEXT("address", 0, "The resource, as kind/name.")
#define OP TEXT("op", 0, "The operation of the step.")
#define PLACE                                                                                  \
    COUNT("step", OPTIONAL, "Number within the change, from 1."),                              \
        COUNT("steps", OPTIONAL, "Steps of the change."), COUNT("wave", 0, "Of the change."),  \
        COUNT("expected_ms", OPTIONAL, "How long such a step took before.")

static const struct member event_refused[] = {EVENT, ADDRESS, TEXT("message", 0, "Why."),
                                              TEXT("hint", NULLABLE, "The way out."), END};
static const struct member event_unreadable[] = {
    EVENT, ADDRESS, TEXT("attribute", NULLABLE, "The attribute; null: the whole resource."),
    TEXT("reason", 0, "Why it cannot be read."), END};
static const struct member event_step_started[] = {
    EVENT, ADDRESS, OP, TEXT("title", 0, "For people."), PLACE, END};
static const struct member event_heartbeat[] = {
    EVENT,
    ADDRESS,
    TEXT("op", NULLABLE, "The operation; null: it is read back."),
    TEXT("title", 0, "For people."),
    COUNT("running_ms", 0, "How long already."),
    PLACE,
    TEXT("text", NULLABLE, "What the step said last."),
    END};
static const struct member event_step_ended[] = {EVENT,
                                                 ADDRESS,
                                                 OP,
                                                 WORD("outcome", outcome_word, "How it ended."),
                                                 TEXT("error", OPTIONAL, "What went wrong."),
                                                 END};
static const struct member event_verify[] = {EVENT, ADDRESS, END};
static const struct member event_change_ended[] = {
    EVENT,
    ADDRESS,
    WORD("action", action_word, "What was to be done."),
    WORD("status", status_word, "What became of it."),
    TEXT("message", NULLABLE, "Why it failed or was skipped."),
    END};
static const struct member event_progress[] = {
    EVENT, TEXT("address", NULLABLE, "The resource."), TEXT("op", NULLABLE, "The operation."),
    TEXT("text", 0, "What a long step is at."), END};
static const struct member event_output[] = {
    EVENT,
    ADDRESS,
    OP,
    TEXT("text", NULLABLE, "What a program in a guest wrote."),
    TEXT("log", NULLABLE, "The file that has all of it."),
    END};
static const struct member event_note[] = {EVENT, TEXT("text", 0, "For people."), END};
static const struct member event_summary[] = {
    EVENT,
    COUNT("changed", 0, "Changes done."),
    COUNT("unchanged", 0, "It was already so."),
    COUNT("failed", 0, "Changes."),
    COUNT("skipped", 0, "For what failed before."),
    COUNT("cancelled", 0, "Not begun, or interrupted."),
    END};

static const struct form events[] = {
    {"refused", "The plan refuses this, so nothing is applied.", event_refused},
    {"unreadable", "This cannot be read, and is left alone.", event_unreadable},
    {"step_started", "A step has begun.", event_step_started},
    {"step_ended", "A step has ended.", event_step_ended},
    {"verify_started", "All steps are done, the resource is read back.", event_verify},
    {"change_ended", "A change has ended.", event_change_ended},
    {"progress", "From inside a long step.", event_progress},
    {"heartbeat", "A step is still running.", event_heartbeat},
    {"output", "What a program in a guest wrote.", event_output},
    {"note", "Something that people should know.", event_note},
    {"summary", "The last event: changes by what became of them.", event_summary},
};

/* ---- all ----------------------------------------------------------------------------------
 */

static const struct form *const plan_forms[] = {&plan_form, NULL};
static const struct form *const drift_forms[] = {&drift_form, NULL};
static const struct form *const findings_forms[] = {&findings_form, NULL};
static const struct form *const event_forms[] = {
    &events[0], &events[1], &events[2], &events[3], &events[4],  &events[5],
    &events[6], &events[7], &events[8], &events[9], &events[10], NULL};

const struct output all_outputs[] = {
    {"plan", "Plan of gridform", plan_forms},
    {"drift", "Drift found by gridform", drift_forms},
    {"events", "A line of gridform apply --json", event_forms},
    {"findings", "Findings of gridform", findings_forms},
};

const size_t all_outputs_count = ARRAY_LEN(all_outputs);
