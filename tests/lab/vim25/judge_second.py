"""Checks in the second world (judge.yaml): profiles and power-on with a running driver, a
newer vCenter, the server's own paging, roles, folders, a host that stands alone."""
from pyVim import connect
from pyVmomi import vim, vmodl

from judge_lab import HOST, SOURCE, expect, pc_types, wait_task
from judge_machines import Machines

ALONE = "esx-alone.lab.local"


class Second(Machines):
    def check_newer(self):
        assert self.content.about.apiVersion == "6.7.1"
        assert self.si._stub.versionId.strip('"') == "urn:vim25/6.7.1", self.si._stub.versionId
        host = self.named(vim.HostSystem, HOST)
        assert host.hardware.numaInfo.numaNode[1].pciId == ["0000:af:00.0"]
        assert host.config.sharedGpuCapabilities == [], "still vSGA"
        card = [d for d in host.hardware.pciDevice if d.id == "0000:af:00.0"][0]
        assert card.bus == 0xaf - 256, "bytes are signed"
        body = ('<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">'
                "propertyCollector</_this><specSet><propSet><type>HostSystem</type>"
                '<pathSet>config.sharedGpuCapabilities</pathSet></propSet><objectSet>'
                '<obj type="HostSystem">%s</obj></objectSet></specSet><options/>'
                "</RetrievePropertiesEx>" % host._moId)
        assert self.lab.post(body, self.cookie, "6.7")[0] == 200
        status, reply = self.lab.post(body, self.cookie, "6.5")
        assert status == 500 and 'xsi:type="InvalidProperty"' in reply

    def check_own_paging(self):
        pc = self.content.propertyCollector
        result = pc.RetrievePropertiesEx(
            [self.spec(vim.VirtualMachine, ["name"], view=self.view(vim.VirtualMachine))],
            pc_types.RetrieveOptions())
        assert len(result.objects) == 100 and result.token
        rest = pc.ContinueRetrievePropertiesEx(result.token)
        assert len(rest.objects) == 32 and rest.token is None
        assert len({o.obj._moId for o in result.objects + rest.objects}) == 132

    def check_folders(self):
        datacenter = self.content.rootFolder.childEntity[0]
        farm = [c for c in datacenter.vmFolder.childEntity if isinstance(c, vim.Folder)][0]
        assert farm.name == "farm" and farm.parent == datacenter.vmFolder
        assert {type(c) for c in farm.childEntity} == {vim.Folder, vim.VirtualMachine}
        rack = [c for c in farm.childEntity if isinstance(c, vim.Folder)][0]
        assert rack.name == "rack" and len(rack.childEntity) == 130
        odd = [c for c in farm.childEntity if isinstance(c, vim.VirtualMachine)][0]
        assert odd.name == "100%25%2fa"
        inside = self.content.viewManager.CreateContainerView(rack, [vim.VirtualMachine], True)
        assert len(inside.view) == 130
        clone = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), template=True, powerOn=False)
        vm = wait_task(odd.CloneVM_Task(rack, "b%2fc", clone))
        assert vm.parent == rack and vm.name == "b%2fc" and vm.config.template
        wait_task(vm.Destroy_Task())

    def check_alone(self):
        host = self.named(vim.HostSystem, ALONE)
        assert type(host.parent) is vim.ComputeResource and host.parent.name == ALONE
        assert host.parent.host == [host] and host.parent.resourcePool.owner == host.parent
        assert host.config.graphicsInfo == [] and len(host.vm) == 131
        assert host.hardware.numaInfo.numNodes >= 1
        power = host.configManager.powerSystem
        assert [p.shortName for p in power.capability.availablePolicy] == ["static"]
        assert host.hardware.cpuPowerManagementInfo.hardwareSupport == ""
        expect(vmodl.fault.InvalidArgument, power.ConfigurePowerPolicy, 2)

    def check_roles(self):
        other = connect.SmartConnect(host="127.0.0.1", port=self.lab.port,
                                     user="nobody@vsphere.local", pwd="lab-nobody-secret",
                                     sslContext=self.lab.tls)
        content = other.RetrieveContent()
        fault = expect(vim.fault.NoPermission,
                       content.customizationSpecManager.DeleteCustomizationSpec, "x")
        assert fault.privilegeId
        expect(vim.fault.NoPermission, lambda: content.rootFolder.name)
        expect(vim.fault.NoPermission, content.viewManager.CreateContainerView,
               content.rootFolder, [vim.HostSystem], True)
        assert content.sessionManager.currentSession.userName == "nobody@vsphere.local"
        connect.Disconnect(other)

    def check_vgpu(self):
        """Shared until Xorg restarts; then profiles, and slots that run out."""
        host = self.named(vim.HostSystem, HOST)
        manager = host.configManager.graphicsManager
        assert "NVIDIA-VMware" in [
            p.name for p in host.configManager.imageConfigManager.fetchSoftwarePackages()]
        assert [g.graphicsType for g in manager.graphicsInfo] == ["shared", "shared"]
        assert manager.sharedPassthruGpuTypes == []
        config = manager.graphicsConfig
        config.hostDefaultGraphicsType = "sharedDirect"
        manager.UpdateGraphicsConfig(config)
        for device in manager.graphicsConfig.deviceType:
            assert device.graphicsType == "shared", "named cards keep what the call says"
        config = manager.graphicsConfig
        for device in config.deviceType:
            device.graphicsType = "sharedDirect"
        manager.UpdateGraphicsConfig(config)
        assert manager.graphicsInfo[0].graphicsType == "shared", "configured, not active"
        host.configManager.serviceSystem.RestartService("xorg")
        assert manager.graphicsInfo[0].graphicsType == "sharedDirect"
        profiles = host.config.sharedPassthruGpuTypes
        assert "grid_p100-16q" in profiles and len(profiles) == len(set(profiles))
        assert [c.vgpu for c in host.config.sharedGpuCapabilities] == profiles
        target = host.parent.environmentBrowser.QueryConfigTarget(host)
        assert [t.vgpu for t in target.sharedGpuPassthroughTypes] == profiles
        machines = [self.vgpu_machine("gpu-%d" % i) for i in range(3)]
        for vm in machines[:2]:
            wait_task(vm.PowerOnVM_Task())
        used = {v for g in manager.graphicsInfo for v in g.vm}
        assert used == set(machines[:2])
        expect(vim.fault.InsufficientGraphicsResourcesFault, wait_task,
               machines[2].PowerOnVM_Task())
        wait_task(machines[0].ReconfigVM_Task(vim.vm.ConfigSpec(annotation="while it runs")))
        for vm in machines[:2]:
            wait_task(vm.PowerOffVM_Task())
        unlocked = vim.vm.ConfigSpec(memoryReservationLockedToMax=False,
                                     memoryAllocation=vim.ResourceAllocationInfo(reservation=0))
        wait_task(machines[2].ReconfigVM_Task(unlocked))
        fault = expect(vmodl.MethodFault, wait_task, machines[2].PowerOnVM_Task())
        assert "memory" in (fault.msg or "").lower(), fault

    def vgpu_machine(self, name):
        source, task = self.clone(name)
        vm = wait_task(task)
        spec = vim.vm.ConfigSpec(memoryReservationLockedToMax=True,
                                 deviceChange=[self.vgpu(-200, "grid_p100-16q")])
        wait_task(vm.ReconfigVM_Task(spec))
        return vm

    def run_all(self):
        for name in ("newer", "own_paging", "folders", "alone", "roles", "vgpu"):
            self.run(name)
        connect.Disconnect(self.si)
