"""Hosts: what they show, their managers, maintenance and reboot."""
from pyVmomi import vim, vmodl

from judge_lab import HOST, SPEED, Judge, expect, wait_task, wait_until


class Hosts(Judge):
    def check_host(self):
        host = self.named(vim.HostSystem, HOST)
        got = self.read(host, [
            "runtime.connectionState", "runtime.bootTime", "hardware.cpuInfo",
            "hardware.numaInfo", "hardware.memorySize", "config.product.build",
            "hardware.cpuPowerManagementInfo.hardwareSupport", "summary.rebootRequired",
            "config.hyperThread.active", "config.service", "config.sharedPassthruGpuTypes"])
        assert got["runtime.connectionState"] == "connected"
        cpu = got["hardware.cpuInfo"]
        assert (cpu.numCpuPackages, cpu.numCpuCores, cpu.numCpuThreads) == (2, 24, 48)
        numa = got["hardware.numaInfo"]
        assert numa.numNodes == len(numa.numaNode)
        assert sum(len(n.cpuID) for n in numa.numaNode) == 48
        assert got["hardware.memorySize"] == 128 << 30
        assert got["config.product.build"] == "5969303"
        assert got["summary.rebootRequired"] is False
        assert got["config.hyperThread.active"] is True
        assert got["config.sharedPassthruGpuTypes"] == []
        ssh = [s for s in got["config.service"].service if s.key == "TSM-SSH"][0]
        assert ssh.running is True
        assert len(host.hardware.cpuPkg) == 2 and len(host.hardware.cpuPkg[0].threadId) == 24
        card = [d for d in host.hardware.pciDevice if d.vendorId == 0x10de][0]
        assert card.id == "0000:3b:00.0" and card.bus == 0x3b
        assert card.parentBridge in [d.id for d in host.hardware.pciDevice]
        info = host.config.graphicsInfo[0]
        assert info.pciId == card.id and info.memorySizeInKB == 16 << 20
        assert info.graphicsType == "basic"
        assert host.config.pciPassthruInfo[0].passthruActive is False
        assert host.parent.name == "GPU"
        assert host.datastore[0].name == "images" and host.network[0].name == "VM Network"

    def check_services(self):
        host = self.named(vim.HostSystem, HOST)
        system = host.configManager.serviceSystem

        def ssh():
            return [s for s in system.serviceInfo.service if s.key == "TSM-SSH"][0]

        system.StopService("TSM-SSH")
        assert ssh().running is False
        system.StartService("TSM-SSH")
        system.StartService("TSM-SSH")
        assert ssh().running is True
        system.UpdateServicePolicy("TSM-SSH", "on")
        assert ssh().policy == "on"
        expect(vim.fault.NotFound, system.StartService, "no-such")
        expect(vmodl.fault.InvalidArgument, system.UpdateServicePolicy, "TSM-SSH", "maybe")

    def check_power_policy(self):
        system = self.named(vim.HostSystem, HOST).configManager.powerSystem
        offered = {p.shortName: p.key for p in system.capability.availablePolicy}
        assert system.info.currentPolicy.shortName == "static"
        system.ConfigurePowerPolicy(offered["dynamic"])
        assert system.info.currentPolicy.shortName == "dynamic"
        system.ConfigurePowerPolicy(offered["static"])
        expect(vmodl.fault.InvalidArgument, system.ConfigurePowerPolicy, 9)

    def check_graphics(self):
        host = self.named(vim.HostSystem, HOST)
        manager = host.configManager.graphicsManager
        config = manager.graphicsConfig
        assert config.hostDefaultGraphicsType == "shared"
        assert config.deviceType[0].graphicsType == "shared"
        config.hostDefaultGraphicsType = "nonsense"
        expect(vmodl.fault.InvalidArgument, manager.UpdateGraphicsConfig, config)
        config.hostDefaultGraphicsType = "sharedDirect"
        config.deviceType[0].graphicsType = "sharedDirect"
        config.sharedPassthruAssignmentPolicy = "consolidation"
        manager.UpdateGraphicsConfig(config)
        manager.RefreshGraphicsManager()
        config = host.config.graphicsConfig
        assert config.hostDefaultGraphicsType == "sharedDirect"
        assert config.deviceType[0].graphicsType == "sharedDirect"
        assert config.sharedPassthruAssignmentPolicy == "consolidation"
        host.configManager.serviceSystem.RestartService("xorg")
        assert manager.graphicsInfo[0].graphicsType == "basic", "no driver runs"
        names = [p.name for p in host.configManager.imageConfigManager.fetchSoftwarePackages()]
        assert "NVIDIA-VMware" not in names

    def check_passthru(self):
        host = self.named(vim.HostSystem, "esx-gpu-02.lab.local")
        system = host.configManager.pciPassthruSystem
        item = vim.host.PciPassthruConfig(id="0000:3b:00.0", passthruEnabled=True)
        system.UpdatePassthruConfig([item])
        info = system.pciPassthruInfo[0]
        assert info.passthruEnabled and not info.passthruActive
        assert host.summary.rebootRequired is True
        item.id = "0000:ff:00.0"
        expect(vim.fault.HostConfigFault, system.UpdatePassthruConfig, [item])
        item.id, item.passthruEnabled = "0000:3b:00.0", False
        system.UpdatePassthruConfig([item])
        assert host.summary.rebootRequired is False

    def check_maintenance(self):
        host = self.named(vim.HostSystem, "esx-gpu-03.lab.local")
        manager = host.configManager.graphicsManager
        boot = host.runtime.bootTime
        expect(vim.fault.InvalidState, wait_task, host.RebootHost_Task(False))
        expect(vim.fault.InvalidState, wait_task, host.ExitMaintenanceMode_Task(0))
        with self.lab.standing_still():
            task = host.EnterMaintenanceMode_Task(1800, False)
            fault = expect(vim.fault.TaskInProgress, host.EnterMaintenanceMode_Task, 0)
            assert fault.task == task and host.runtime.inMaintenanceMode is False
        wait_task(task)
        assert host.runtime.inMaintenanceMode is True
        assert task in host.recentTask and task.info.entity == host
        assert task.info.descriptionId == "HostSystem.enterMaintenanceMode"
        self.lab.speed(10)  # so that nobody misses it
        wait_task(host.RebootHost_Task(False))
        wait_until("host goes down",
                   lambda: host.runtime.connectionState == "notResponding")
        assert host.config is None and host.hardware is None
        fault = expect(vmodl.fault.HostNotConnected, host.EnterMaintenanceMode_Task, 0)
        expect(vmodl.fault.HostNotConnected, manager.RefreshGraphicsManager)
        self.lab.speed(SPEED)
        wait_until("host comes back", lambda: host.runtime.connectionState == "connected")
        assert host.runtime.bootTime > boot and host.runtime.inMaintenanceMode is True
        wait_task(host.ExitMaintenanceMode_Task(300))
        assert host.runtime.inMaintenanceMode is False
        events = [e["event"] for e in self.lab.control("GET", "/events")
                  if e["object"] == host.name]
        assert events == ["maintenance_entered", "host_rebooted", "maintenance_left"], events
