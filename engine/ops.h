/* ops.h: the steps that kinds plan and providers perform: their names and arguments.
 *
 * `args` of a step is a map with the members named here. Sizes are bytes, times milliseconds.
 * Every operation looks first and acts only where it must: performing one twice is harmless.
 */
#ifndef GF_OPS_H
#define GF_OPS_H

/* ---- vsphere ----------------------------------------------------------------------------
 * host.enter_maintenance   timeout, evacuate_powered_off
 *     real maintenance mode; ERR_TIMEOUT with the VMs that keep it from finishing
 * host.exit_maintenance    timeout
 * host.reboot              timeout
 *     done when the host is connected again with a newer boot time, still in maintenance
 * host.card_graphics       type ("shared" | "shared_passthru")
 *     the configured type of every card, and the host default beside it as it is
 * host.passthrough         device ("10de:1db4": cards of that model, and no others | "none")
 *     the configured passthrough of every NVIDIA card: in effect after a reboot
 * host.verify_passthrough  device, timeout
 *     until it is in effect; ERR_TIMEOUT saying which card is not as it should be
 * host.power_policy        policy ("balanced", "high_performance", "low_power", "custom")
 * host.ssh                 running (bool): the TSM-SSH service
 * vm.power_off             vms (names), guest_timeout: through the guest, off after the limit
 * vm.power_on              vms (names)
 * spec.write               what is declared of the kind's attributes, each under its name
 *     secrets are references; where there are any, it is written whatever is stored
 * spec.delete
 * template.clone           base, name, host, cluster
 *     ids: {"vm", "instance_uuid", "name"}; the new VM carries the ownership mark
 * template.configure       name, memory_locked, gpus ({count, profile} | {count, device,
 *                          dynamic, label} | absent: none), and of these what is wanted: cpus,
 *                          cores_per_socket, cpu_hot_add, mmio_size, firmware
 *     powered off; on a template it asks for template.unmark first. Fixed cards are those that
 *     are free on the machine's host. The firmware is never changed: another is ERR_DENIED
 * template.start           name: power on; ERR_CONFLICT when no slot is free
 * template.shutdown        name, guest_timeout: through the guest, off after the limit
 * template.mark            name: recorded as complete, becomes a template
 * template.unmark          name, host, cluster: becomes a virtual machine again
 * template.destroy         name: only while its mark is ours; absent is success
 * template.switch          name: the version is there, ours and a template; ids as of
 *     template.clone. ERR_NOT_FOUND, ERR_CONFLICT otherwise. Changes nothing
 *
 * guest.*: in the guest of a version that is being built (vsphere-api.md §9). All carry
 *     name             of the machine
 *     credentials      {username, password}: password is a reference (type_secret)
 *     transfer         "hosts": files go through the ESXi hosts; "arguments": small scripts
 *                      travel in the arguments of programs; "auto": hosts, and where a host
 *                      cannot be reached, arguments
 *     label            for people: "guest step 3 (guest/docker.sh)"
 *     timeout          of the whole operation
 * guest.await              tools ("current" | "running")
 *     until VMware Tools run, answer, and take the credentials. ERR_CONFLICT when they are not
 *     installed, or older than "current" asks for; ERR_DENIED when the login is refused
 * guest.run                upload {file, sha256, to, mode} or absent; script (text), command
 *                          (text) or neither; environment (map: name -> text or reference);
 *                          exit_codes (list of integers)
 *     in a directory of its own under a random name, which is removed whatever comes. `file`
 *     is relative to the manifest and must have that sha256; without `to` it lies in that
 *     directory under its own name. A script with a #! line is executed, another is run by
 *     /bin/sh. What it writes goes out as EVENT_OUTPUT; the error shows the last lines
 * guest.verify             command, expect (map: name -> text), environment
 *     again and again until it is as expected, or the time is up (ERR_TIMEOUT saying what
 *     differs). `output`: part of what the command writes; `exit_code`: its status, else 0.
 *     For the command nvidia-smi also driver_version, profile (product name) and licence, as
 *     nvidia-smi -q says them
 * guest.reboot
 *     through the guest; done when Tools answer in a system that was started since
 */
#define OP_HOST_ENTER_MAINTENANCE "host.enter_maintenance"
#define OP_HOST_EXIT_MAINTENANCE "host.exit_maintenance"
#define OP_HOST_REBOOT "host.reboot"
#define OP_HOST_CARD_GRAPHICS "host.card_graphics"
#define OP_HOST_PASSTHROUGH "host.passthrough"
#define OP_HOST_VERIFY_PASSTHROUGH "host.verify_passthrough"
#define OP_HOST_POWER_POLICY "host.power_policy"
#define OP_HOST_SSH "host.ssh"
#define OP_VM_POWER_OFF "vm.power_off"
#define OP_VM_POWER_ON "vm.power_on"
#define OP_SPEC_WRITE "spec.write"
#define OP_SPEC_DELETE "spec.delete"
#define OP_TEMPLATE_CLONE "template.clone"
#define OP_TEMPLATE_CONFIGURE "template.configure"
#define OP_TEMPLATE_START "template.start"
#define OP_TEMPLATE_SHUTDOWN "template.shutdown"
#define OP_TEMPLATE_MARK "template.mark"
#define OP_TEMPLATE_UNMARK "template.unmark"
#define OP_TEMPLATE_DESTROY "template.destroy"
#define OP_TEMPLATE_SWITCH "template.switch"
#define OP_GUEST_AWAIT "guest.await"
#define OP_GUEST_RUN "guest.run"
#define OP_GUEST_VERIFY "guest.verify"
#define OP_GUEST_REBOOT "guest.reboot"

/* ---- esxi -------------------------------------------------------------------------------
 * host.graphics            graphics, assignment_policy: host default; in effect after a reboot
 * host.install_driver      vib (absolute path), version, signature_check (bool)
 *     needs real maintenance mode; another version is removed first; judged by `vib get`
 * host.remove_driver       name
 * host.ecc                 ecc ("enabled" | "disabled"): pending until a reboot
 * host.verify              expect (map: attribute -> value), timeout
 *     reads the ESXi facet until it is as expected or the time is up (ERR_TIMEOUT saying what
 *     differs); the whole facet is `observed`. With an empty `expect` it reads once.
 */
#define OP_HOST_GRAPHICS "host.graphics"
#define OP_HOST_INSTALL_DRIVER "host.install_driver"
#define OP_HOST_REMOVE_DRIVER "host.remove_driver"
#define OP_HOST_ECC "host.ecc"
#define OP_HOST_VERIFY "host.verify"

/* ---- vra --------------------------------------------------------------------------------
 * Attributes of the kind travel in args under their own names.
 * software.write           all attributes of software_component
 * software.publish         published (bool)
 * software.delete
 * blueprint.await_template source (name of the template's VM), timeout
 *     until vRA's inventory lists it; ERR_TIMEOUT says what to start by hand
 * blueprint.write          all attributes of blueprint; merged over the document that is there
 * blueprint.publish        published (bool)
 * blueprint.delete         unpublished first
 * item.assign              service (name, or absent: none), timeout: waits for the item
 * service.write            description
 * service.delete
 * entitlement.write        business_group, services, items, to, description
 * entitlement.delete       made inactive first
 */
#define OP_SOFTWARE_WRITE "software.write"
#define OP_SOFTWARE_PUBLISH "software.publish"
#define OP_SOFTWARE_DELETE "software.delete"
#define OP_BLUEPRINT_AWAIT_TEMPLATE "blueprint.await_template"
#define OP_BLUEPRINT_WRITE "blueprint.write"
#define OP_BLUEPRINT_PUBLISH "blueprint.publish"
#define OP_BLUEPRINT_DELETE "blueprint.delete"
#define OP_ITEM_ASSIGN "item.assign"
#define OP_SERVICE_WRITE "service.write"
#define OP_SERVICE_DELETE "service.delete"
#define OP_ENTITLEMENT_WRITE "entitlement.write"
#define OP_ENTITLEMENT_DELETE "entitlement.delete"

#endif
