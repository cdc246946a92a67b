/* providers.c: the only list of compiled-in providers; the kinds are listed in kinds/kinds.c. */
#include "provider.h"

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
