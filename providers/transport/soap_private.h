/* soap_private.h: what soap.c and soap_fault.c share. */
#ifndef GF_SOAP_PRIVATE_H
#define GF_SOAP_PRIVATE_H

#include "soap.h"

/* Decode a <Fault> element of a body; ret_fault is kept in the arena. */
void soap_fault_read(const struct xml_node *fault, const struct secrets *secrets,
                     struct arena *arena, struct soap_fault *ret_fault);

#endif
