"""Machines: clone, reconfigure, power, templates; customization specifications."""
from pyVmomi import vim, vmodl

from judge_lab import HOST, SOURCE, Judge, expect, wait_task, wait_until


class Machines(Judge):
    def check_vm(self):
        vm = self.named(vim.VirtualMachine, SOURCE)
        got = self.read(vm, [
            "config.hardware.numCPU", "config.hardware.memoryMB", "config.changeVersion",
            "config.template", "runtime.powerState", "runtime.host", "config.extraConfig",
            "guest.toolsRunningStatus", "config.memoryReservationLockedToMax",
            "config.firmware", "summary.config.name", "config.hardware.device"])
        assert got["config.hardware.numCPU"] == 2 and got["config.hardware.memoryMB"] == 4096
        assert got["config.template"] is False and got["runtime.host"].name == HOST
        assert got["config.changeVersion"] and got["summary.config.name"] == SOURCE
        assert isinstance(got["config.extraConfig"], list)
        kinds = {type(d) for d in got["config.hardware.device"]}
        assert vim.vm.device.VirtualDisk in kinds
        assert any(issubclass(k, vim.vm.device.VirtualEthernetCard) for k in kinds)
        disk = [d for d in got["config.hardware.device"]
                if isinstance(d, vim.vm.device.VirtualDisk)][0]
        assert disk.capacityInKB == 60 << 20
        assert vm.resourcePool.name == "Resources" and vm.datastore[0].name == "images"
        assert vm in vm.runtime.host.vm and vm in vm.parent.childEntity
        assert vm.guest.toolsVersionStatus2 == "guestToolsUnmanaged"

    def vgpu(self, key, profile="grid_p100-4q", operation="add"):
        backing = vim.vm.device.VirtualPCIPassthrough.VmiopBackingInfo(vgpu=profile)
        device = vim.vm.device.VirtualPCIPassthrough(key=key, backing=backing)
        return vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)

    def clone(self, name):
        source = self.named(vim.VirtualMachine, SOURCE)
        host = source.runtime.host
        location = vim.vm.RelocateSpec(datastore=source.datastore[0], host=host,
                                       pool=source.resourcePool)
        config = vim.vm.ConfigSpec(annotation="managed by the check", numCPUs=4,
                                   extraConfig=[vim.option.OptionValue(key="gridform.id",
                                                                       value="t/1")])
        spec = vim.vm.CloneSpec(location=location, template=False, powerOn=False, config=config)
        return source, source.CloneVM_Task(source.parent, name, spec)

    def check_clone(self):
        with self.lab.standing_still():
            source, task = self.clone("check/1")
            assert task.info.state == "running" and task.info.progress is not None
            assert task.info.entity == source and task.info.completeTime is None
        vm = wait_task(task)
        assert vm.name == "check%2f1" or vm.name == "check/1", vm.name
        assert vm.config.annotation == "managed by the check" and vm.config.hardware.numCPU == 4
        assert vm.config.instanceUuid != source.config.instanceUuid
        assert {o.key: o.value for o in vm.config.extraConfig}["gridform.id"] == "t/1"
        expect(vim.fault.DuplicateName, wait_task, self.clone("check/1")[1])
        return vm

    def check_reconfigure(self, vm):
        before = vm.config.changeVersion
        twice = vim.vm.ConfigSpec(deviceChange=[self.vgpu(-1), self.vgpu(-1)])
        expect(vim.fault.InvalidDeviceSpec, wait_task, vm.ReconfigVM_Task(twice))
        stale = vim.vm.ConfigSpec(changeVersion="2001-01-01T00:00:00Z", annotation="x")
        expect(vim.fault.ConcurrentAccess, wait_task, vm.ReconfigVM_Task(stale))
        gone = vim.vm.ConfigSpec(deviceChange=[self.vgpu(13999, operation="remove")])
        expect(vim.fault.DeviceNotFound, wait_task, vm.ReconfigVM_Task(gone))
        assert vm.config.changeVersion == before
        spec = vim.vm.ConfigSpec(
            changeVersion=before, memoryMB=8192, numCPUs=4, numCoresPerSocket=2,
            firmware="efi", memoryReservationLockedToMax=True,
            deviceChange=[self.vgpu(-200), self.vgpu(-201, "grid_p100-8q")],
            extraConfig=[vim.option.OptionValue(key="pciPassthru.use64bitMMIO", value="TRUE"),
                         vim.option.OptionValue(key="gridform.id", value="")])
        with self.lab.standing_still():
            task = vm.ReconfigVM_Task(spec)
            expect(vim.fault.TaskInProgress, vm.ReconfigVM_Task, spec)
        wait_task(task)
        config = vm.config
        assert config.changeVersion != before
        assert config.hardware.memoryMB == 8192 and config.memoryReservationLockedToMax
        assert config.memoryAllocation.reservation == 8192 and config.firmware == "efi"
        assert config.hardware.numCoresPerSocket == 2
        extra = {o.key: o.value for o in config.extraConfig}
        assert extra["pciPassthru.use64bitMMIO"] == "TRUE" and "gridform.id" not in extra
        assert extra["pciPassthru0.present"] == "TRUE", "keys that vSphere adds by itself"
        cards = [d for d in config.hardware.device
                 if isinstance(d, vim.vm.device.VirtualPCIPassthrough)]
        assert [d.key for d in cards] == [13000, 13001]
        assert [d.backing.vgpu for d in cards] == ["grid_p100-4q", "grid_p100-8q"]
        lower = vim.vm.ConfigSpec(memoryAllocation=vim.ResourceAllocationInfo(reservation=0))
        expect(vmodl.fault.InvalidArgument, vm.ReconfigVM_Task, lower)
        odd = vim.vm.ConfigSpec(numCPUs=3, numCoresPerSocket=2)
        assert expect(vmodl.fault.InvalidArgument, vm.ReconfigVM_Task,
                      odd).invalidProperty == "spec.numCoresPerSocket"
        edit = self.vgpu(13000, "grid_p100-2q", "edit")
        wait_task(vm.ReconfigVM_Task(vim.vm.ConfigSpec(
            deviceChange=[edit, self.vgpu(13001, operation="remove")])))
        cards = [d for d in vm.config.hardware.device
                 if isinstance(d, vim.vm.device.VirtualPCIPassthrough)]
        assert [(d.key, d.backing.vgpu) for d in cards] == [(13000, "grid_p100-2q")]
        fault = expect(vmodl.MethodFault, wait_task, vm.PowerOnVM_Task())
        assert fault.msg, "a power-on without the driver tells why"

    def check_power(self):
        vm = wait_task(self.clone("check-power")[1])
        fault = expect(vim.fault.InvalidPowerState, wait_task, vm.PowerOffVM_Task())
        assert (fault.requestedState, fault.existingState) == ("poweredOff", "poweredOff")
        wait_task(vm.PowerOnVM_Task())
        assert vm.runtime.powerState == "poweredOn"
        wait_until("Tools answer", lambda: vm.guest.toolsRunningStatus == "guestToolsRunning")
        hot = vim.vm.ConfigSpec(deviceChange=[self.vgpu(-1)])
        expect(vim.fault.DeviceHotPlugNotSupported, wait_task, vm.ReconfigVM_Task(hot))
        expect(vim.fault.InvalidPowerState, wait_task,
               vm.ReconfigVM_Task(vim.vm.ConfigSpec(memoryMB=1024)))
        expect(vim.fault.InvalidPowerState, wait_task, vm.Destroy_Task())
        expect(vim.fault.InvalidPowerState, vm.MarkAsTemplate)
        vm.ShutdownGuest()
        wait_until("guest shuts down", lambda: vm.runtime.powerState == "poweredOff")
        wait_task(vm.PowerOnVM_Task())
        wait_task(vm.PowerOffVM_Task())
        wait_task(vm.Destroy_Task())

    def check_template(self, vm):
        vm.MarkAsTemplate()
        assert vm.config.template is True and vm.resourcePool is None
        assert vm.runtime.host is not None
        expect(vmodl.fault.NotSupported, vm.MarkAsTemplate)
        expect(vmodl.fault.NotSupported, vm.ReconfigVM_Task,
               vim.vm.ConfigSpec(annotation="x"))
        no_pool = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), template=False,
                                   powerOn=False)
        expect(vmodl.fault.InvalidArgument, vm.CloneVM_Task, vm.parent, "x", no_pool)
        pool = self.named(vim.VirtualMachine, SOURCE).resourcePool
        vm.MarkAsVirtualMachine(pool, vm.runtime.host)
        assert vm.config.template is False and vm.resourcePool == pool
        vm.MarkAsTemplate()
        wait_task(vm.Destroy_Task())
        expect(vmodl.fault.ManagedObjectNotFound, lambda: vm.name)

    def check_config_target(self):
        host = self.named(vim.HostSystem, HOST)
        target = host.parent.environmentBrowser.QueryConfigTarget(host)
        assert target.numCpuCores == 24 and target.sharedGpuPassthroughTypes == []

    def check_customization(self):
        manager = self.content.customizationSpecManager
        ip = vim.vm.customization.FixedIp(ipAddress="10.0.0.10")
        adapter = vim.vm.customization.IPSettings(ip=ip, subnetMask="255.255.255.0",
                                                  gateway=["10.0.0.1"])
        dhcp = vim.vm.customization.IPSettings(ip=vim.vm.customization.DhcpIpGenerator())
        identity = vim.vm.customization.LinuxPrep(
            hostName=vim.vm.customization.PrefixNameGenerator(base="gpu"), domain="example.com",
            timeZone="Etc/UTC", hwClockUTC=True)
        spec = vim.vm.customization.Specification(
            options=vim.vm.customization.LinuxOptions(), identity=identity,
            globalIPSettings=vim.vm.customization.GlobalIPSettings(
                dnsSuffixList=["example.com"], dnsServerList=["10.0.0.53", "10.0.0.54"]),
            nicSettingMap=[vim.vm.customization.AdapterMapping(adapter=adapter),
                           vim.vm.customization.AdapterMapping(adapter=dhcp)])
        info = vim.CustomizationSpecInfo(name="lin-gpu", description="a & b <c>", type="Linux")
        item = vim.CustomizationSpecItem(info=info, spec=spec)
        assert manager.DoesCustomizationSpecExist("lin-gpu") is False
        expect(vim.fault.NotFound, manager.GetCustomizationSpec, "lin-gpu")
        manager.CreateCustomizationSpec(item)
        expect(vim.fault.AlreadyExists, manager.CreateCustomizationSpec, item)
        assert manager.DoesCustomizationSpecExist("lin-gpu") is True
        got = manager.GetCustomizationSpec("lin-gpu")
        assert got.info.description == "a & b <c>" and got.info.changeVersion
        assert got.spec.identity.hostName.base == "gpu" and got.spec.identity.hwClockUTC
        assert got.spec.globalIPSettings.dnsServerList == ["10.0.0.53", "10.0.0.54"]
        assert got.spec.nicSettingMap[0].adapter.ip.ipAddress == "10.0.0.10"
        assert isinstance(got.spec.nicSettingMap[1].adapter.ip,
                          vim.vm.customization.DhcpIpGenerator)
        assert [i.name for i in manager.info] == ["lin-gpu"]
        got.spec.identity.domain = "example.org"
        manager.OverwriteCustomizationSpec(got)
        expect(vim.fault.ConcurrentAccess, manager.OverwriteCustomizationSpec, got)
        again = manager.GetCustomizationSpec("lin-gpu")
        assert again.spec.identity.domain == "example.org"
        assert again.info.changeVersion != got.info.changeVersion
        info.changeVersion = None
        manager.OverwriteCustomizationSpec(item)
        source = self.named(vim.VirtualMachine, SOURCE)
        clone = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), template=False, powerOn=False,
                                 customization=spec)
        fault = expect(vim.fault.NicSettingMismatch, wait_task,
                       source.CloneVM_Task(source.parent, "nics", clone))
        assert (fault.numberOfNicsInSpec, fault.numberOfNicsInVM) == (2, 1)
        manager.DeleteCustomizationSpec("lin-gpu")
        expect(vim.fault.NotFound, manager.DeleteCustomizationSpec, "lin-gpu")
        self.check_windows(manager)

    def check_windows(self, manager):
        """Passwords come back sealed, with a key; without that key nobody can give them back."""
        kinds = vim.vm.customization
        unattended = kinds.GuiUnattended(
            password=kinds.Password(value="Kanarie-w-1", plainText=True), timeZone=110,
            autoLogon=True, autoLogonCount=1)
        user = kinds.UserData(fullName="a", orgName="b", productId="",
                              computerName=kinds.VirtualMachineNameGenerator())
        join = kinds.Identification(
            joinDomain="lab.local", domainAdmin="joiner",
            domainAdminPassword=kinds.Password(value="Kanarie-w-2", plainText=True))
        spec = kinds.Specification(
            options=kinds.WinOptions(changeSID=True, deleteAccounts=False),
            identity=kinds.Sysprep(guiUnattended=unattended, userData=user,
                                   guiRunOnce=kinds.GuiRunOnce(commandList=["a", "b"]),
                                   identification=join),
            globalIPSettings=kinds.GlobalIPSettings())
        info = vim.CustomizationSpecInfo(name="win-ml", description="d", type="Linux")
        item = vim.CustomizationSpecItem(info=info, spec=spec)
        expect(vim.fault.CustomizationFault, manager.CreateCustomizationSpec, item)
        info.type = "Windows"
        manager.CreateCustomizationSpec(item)
        got = manager.GetCustomizationSpec("win-ml")
        first = got.spec.identity.guiUnattended.password
        second = got.spec.identity.identification.domainAdminPassword
        assert not first.plainText and not second.plainText and first.value != second.value
        assert "Kanarie" not in first.value + second.value and got.spec.encryptionKey
        assert got.spec.identity.guiRunOnce.commandList == ["a", "b"]
        manager.OverwriteCustomizationSpec(got)
        again = manager.GetCustomizationSpec("win-ml")
        assert again.spec.identity.guiUnattended.password.value == first.value
        again.spec.encryptionKey = []
        expect(vim.fault.CannotDecryptPasswords, manager.OverwriteCustomizationSpec, again)
        manager.DeleteCustomizationSpec("win-ml")
