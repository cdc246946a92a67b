/* rules.h: checks that say no before anything is touched.
 *
 * Each rule is a row of one table: a stable id, a severity, what it is about, and a pure
 * function over resources and (when there are any) live facts. Findings go to diags with the
 * rule's id and the position of the declaration; errors stop a plan, warnings do not.
 */
#ifndef GF_RULES_H
#define GF_RULES_H

#include "diag.h"
#include "provider.h"

struct map;

struct rules_input {
    const struct facts *facts;         /* live may be NULL: files only */
    const struct instances *providers; /* configured providers: "provider/vsphere", … */
    const char *today; /* "2026-11-27": waivers may have ended; NULL: none has */
};

struct rules_context {
    const struct rules_input *in;
    struct diags *diags;
    const struct rule *rule;
    struct map *rooms; /* sizing.c: of each pool */
};

enum rule_force {
    WAIVABLE, /* an object may be exempt, for a reason that its lifecycle gives */
    FIRM,     /* nothing would come of an apply that breaks it, or it is about no object */
};

struct rule {
    const char *id; /* GF001 */
    enum diag_severity severity;
    const char *summary; /* one sentence: what must hold */
    const char *why;     /* for people who want to know more */
    void (*check)(struct rules_context *context);
    enum rule_force force;
};

extern const struct rule all_rules[];
extern const size_t all_rules_count;

/* Run every rule; returns the number of errors that they added. An object's waivers
 * (lifecycle.waive) turn findings about it into notes that carry the reason; a waiver for a
 * rule that there is not, or that is firm, is an error. */
size_t rules_check(const struct rules_input *input, struct diags *diags);

/* ---- for the rules themselves -------------------------------------------------------------
 */

/* A finding of the rule that runs, with its id and severity; a note when `who` has a waiver for
 * the rule. */
struct diag *rule_found(struct rules_context *context, struct pos pos,
                        const struct instance *who, const char *format, ...) PRINTF_LIKE(4, 5);

/* Call visit for every desired instance of a kind. */
void rules_each(struct rules_context *context, const char *kind,
                void (*visit)(struct rules_context *context, const struct instance *instance));

/* sizing.c */
void rule_cpu_fits(struct rules_context *context);
void rule_memory_fits(struct rules_context *context);
void rule_instances_fit(struct rules_context *context);
void rule_quota_fits(struct rules_context *context);
/* vgpu.c */
void rule_profile_known(struct rules_context *context);
void rule_profile_offered(struct rules_context *context);
void rule_ecc_off(struct rules_context *context);
void rule_full_clone(struct rules_context *context);
void rule_memory_fixed(struct rules_context *context);
void rule_one_profile(struct rules_context *context);
void rule_hosts_alike(struct rules_context *context);
/* directpath.c */
void rule_not_pinned(struct rules_context *context);
void rule_method_attributes(struct rules_context *context);
void rule_whole_sockets(struct rules_context *context);
void rule_cards_passed(struct rules_context *context);
void rule_mmio(struct rules_context *context);
/* host_advice.c */
void rule_bios_power(struct rules_context *context);
void rule_numa_visible(struct rules_context *context);
void rule_hyperthreading(struct rules_context *context);
/* trust.c */
void rule_tls_verified(struct rules_context *context);
void rule_static_has_profile(struct rules_context *context);
/* guest.c */
void rule_address_complete(struct rules_context *context);
void rule_address_fits(struct rules_context *context);
/* guest_system.c */
void rule_system_attributes(struct rules_context *context);
void rule_windows_identity(struct rules_context *context);
void rule_script_supported(struct rules_context *context);

#endif
