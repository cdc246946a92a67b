/* account.c: loaded into sshd: the only account there is, from the passwd line in the file that
 * SSHD_ACCOUNT names. So sshd can have an account with a password without /etc being touched
 * and without any privilege. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct passwd *read_account(void)
{
    const char *path = getenv("SSHD_ACCOUNT");
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    struct passwd *account = file == NULL ? NULL : fgetpwent(file); /* the libc's own storage */
    if (file != NULL)
        fclose(file);
    return account;
}

struct passwd *getpwnam(const char *name)
{
    struct passwd *account = read_account();
    return account != NULL && strcmp(account->pw_name, name) == 0 ? account : NULL;
}

struct passwd *getpwuid(uid_t uid)
{
    struct passwd *account = read_account();
    return account != NULL && account->pw_uid == uid ? account : NULL;
}
