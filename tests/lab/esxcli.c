/* esxcli.c: esxcli and nvidia-smi. */
#include "esxi_shell.h"

int esxcli_command(struct shell_run *run, char **words, size_t n)
{
    (void)words, (void)n;
    strbuf_add(&run->out, "Error: Unknown command or namespace\n");
    return 1;
}

int nvidia_smi_command(struct shell_run *run, char **words, size_t n)
{
    (void)words, (void)n;
    strbuf_add(&run->err, "-sh: nvidia-smi: not found\n");
    return 127;
}

bool esxcli_is_changing(char **words, size_t n, struct strbuf *operation)
{
    (void)words, (void)n;
    strbuf_add(operation, "esxcli");
    return false;
}

bool nvidia_smi_is_changing(char **words, size_t n)
{
    (void)words, (void)n;
    return false;
}
