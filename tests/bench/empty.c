/* empty.c: does nothing; linked to the libraries of gridform, all of them loaded. */
int main(void)
{
    return 0;
}
