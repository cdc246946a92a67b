/* providers.c: the only list of compiled-in kinds and providers. */
#include "provider.h"

#include "kinds.h"

/* derive runs in this order: what others refer to comes first. */
const struct kind *const all_kinds[] = {
    &kind_vgpu_mode,          &kind_pool,            &kind_host,
    &kind_customization_spec, &kind_template,        &kind_software_component,
    &kind_catalog_service,    &kind_blueprint,       &kind_entitlement,
    NULL,
};

extern const struct provider provider_vsphere, provider_esxi, provider_vra;

const struct provider *const all_providers[] = {
#ifdef GF_HAVE_VSPHERE
    &provider_vsphere,
#endif
#ifdef GF_HAVE_ESXI
    &provider_esxi,
#endif
#ifdef GF_HAVE_VRA7
    &provider_vra,
#endif
    NULL,
};
