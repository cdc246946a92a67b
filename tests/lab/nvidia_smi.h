/* nvidia_smi.h: inside the simulated nvidia-smi: one call and the cards it is about. Everything
 * is done under the lab's lock. */
#ifndef GF_LAB_NVIDIA_SMI_H
#define GF_LAB_NVIDIA_SMI_H

#include "esxi_shell.h"

struct smi {
    struct shell_run *run;
    struct world *world;
    struct host *host;
    const struct vib *driver;
    const char *version; /* 384.73 */
    unsigned branch;     /* 384 */
    struct strbuf *out;
    /* The command line. */
    const char *card;  /* -i */
    const char *query; /* --query-gpu= */
    const char *format;
    const char *ecc;     /* -e */
    const char *display; /* -d */
    bool list, full, xml, vgpu, supported, creatable, verbose;
};

/* 00000000:3B:00.0, or 0000:3B:00.0 up to branch 390. In memory of the run. */
const char *smi_bus_id(const struct smi *smi, const struct gpu *gpu);
/* Cards that the driver sees and -i picks; the position among all goes to ret_index. */
bool smi_sees(const struct smi *smi, const struct gpu *gpu);
unsigned smi_index(const struct smi *smi, const struct gpu *gpu);
/* "Tue Dec 19 18:36:45 2017" */
const char *smi_timestamp(const struct smi *smi);
/* Host VGPU, Host VSGA, Pass-Through */
const char *smi_mode(const struct smi *smi, const struct gpu *gpu);

int smi_table(struct smi *smi);      /* nvidia_smi_text.c: no arguments */
int smi_query_text(struct smi *smi); /* -q */
int smi_query_xml(struct smi *smi);  /* -q -x */
int smi_query_csv(struct smi *smi);  /* --query-gpu */
int smi_vgpu(struct smi *smi);       /* nvidia_smi_vgpu.c: vgpu */

#endif
