#!/usr/bin/python3
"""Judge of the simulated vCenter: VMware's own client, pyVmomi, drives gridform-lab.

    check_pyvmomi.py GRIDFORM_LAB WORLD.yaml

Starts the lab, talks to it over verified TLS, and asserts what it finds. Ends with status 0
and one line a check, or with the first assertion that failed.
"""
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from pyVim import connect
from pyVmomi import SoapStubAdapter, vim, vmodl

USER, PASSWORD = "svc-gridform@vsphere.local", "lab-vsphere-secret"
HOST = "esx-gpu-01.lab.local"
SOURCE = "centos72-base"
DRIVER = "/vmfs/volumes/images/NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib"
DEADLINE_S = 60

pc_types = vmodl.query.PropertyCollector


class Lab:
    """The process, its control server and connections to its vCenter."""

    def __init__(self, program, world):
        self.dir = tempfile.mkdtemp(prefix="gridform-lab-")
        self.process = subprocess.Popen(
            [program, "--world", world, "--dir", self.dir], stdin=subprocess.PIPE)
        deadline = time.monotonic() + DEADLINE_S
        control = os.path.join(self.dir, "control")
        while not os.path.exists(control) or not open(control).read().endswith("\n"):
            assert self.process.poll() is None, "gridform-lab ended at its start"
            assert time.monotonic() < deadline, "gridform-lab does not become ready"
            time.sleep(0.02)
        self.address = open(control).read().strip()
        overlay = open(os.path.join(self.dir, "overlay.yaml")).read()
        vsphere = overlay[overlay.index("vsphere:"):]
        self.port = int(re.search(r'"127\.0\.0\.1:(\d+)"', vsphere).group(1))
        self.tls = ssl.create_default_context(cafile=os.path.join(self.dir, "ca.pem"))

    def control(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE_S)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        data = reply.read()
        assert reply.status < 300, (method, path, reply.status, data)
        connection.close()
        return json.loads(data) if data.strip().startswith((b"{", b"[")) else data

    def login(self, password=PASSWORD):
        return connect.SmartConnect(host="127.0.0.1", port=self.port, user=USER, pwd=password,
                                    sslContext=self.tls)

    def post(self, body, cookie=None, version="6.5", size=None):
        """One raw request; body is the content of soap:Body, or the whole text with <?xml."""
        if not body.startswith("<?xml"):
            body = ('<?xml version="1.0"?><e:Envelope '
                    'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
                    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
                    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
                    "<e:Body>%s</e:Body></e:Envelope>" % body)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls,
                                                 timeout=DEADLINE_S)
        headers = {"SOAPAction": "urn:vim25/" + version, "Content-Type": "text/xml"}
        if cookie:
            headers["Cookie"] = cookie
        try:
            connection.request("POST", "/sdk", body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_S) == 0, "gridform-lab ended with an error"


def expect(fault, call, *args, **kwargs):
    """The fault that the call raises; anything else fails."""
    try:
        call(*args, **kwargs)
    except fault as caught:
        return caught
    raise AssertionError("no %s from %s" % (fault.__name__, call))


def wait_task(task):
    """The task's result, or its fault raised."""
    deadline = time.monotonic() + DEADLINE_S
    while task.info.state not in ("success", "error"):
        assert time.monotonic() < deadline, "task %s does not end" % task._moId
        time.sleep(0.02)
    if task.info.state == "error":
        raise task.info.error
    return task.info.result


def wait_until(what, condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Judge:
    def __init__(self, lab):
        self.lab = lab
        self.si = lab.login()
        self.content = self.si.RetrieveContent()
        self.cookie = self.si._stub.cookie

    def view(self, *types):
        return self.content.viewManager.CreateContainerView(
            self.content.rootFolder, list(types), True)

    def named(self, kind, name):
        view = self.view(kind)
        found = [obj for obj in view.view if obj.name == name]
        view.DestroyView()
        assert len(found) == 1, (kind, name, found)
        return found[0]

    def spec(self, kind, paths, objects=None, view=None):
        sets = [pc_types.PropertySpec(type=kind, all=False, pathSet=paths)]
        if view is not None:
            walk = pc_types.TraversalSpec(name="v", type=vim.view.ContainerView, path="view",
                                          skip=False)
            starts = [pc_types.ObjectSpec(obj=view, skip=True, selectSet=[walk])]
        else:
            starts = [pc_types.ObjectSpec(obj=obj, skip=False) for obj in objects]
        return pc_types.FilterSpec(propSet=sets, objectSet=starts)

    def read(self, obj, paths):
        """{path: value} of one object."""
        result = self.content.propertyCollector.RetrievePropertiesEx(
            [self.spec(type(obj), paths, [obj])], pc_types.RetrieveOptions())
        assert result.token is None and len(result.objects) == 1
        assert not result.objects[0].missingSet
        return {p.name: p.val for p in result.objects[0].propSet}

    # ---- session ---------------------------------------------------------------------

    def check_session(self):
        expect(vim.fault.InvalidLogin, self.lab.login, "wrong")
        manager = self.content.sessionManager
        session = manager.currentSession
        assert session.userName == USER and session.callCount > 0
        assert manager.SessionIsActive(session.key, USER)
        assert not manager.SessionIsActive("nonsense", USER)
        assert self.si.CurrentTime().year >= 2020
        other = self.lab.login()
        assert other.RetrieveContent().sessionManager.currentSession.key != session.key
        connect.Disconnect(other)
        fault = expect(vim.fault.NotAuthenticated, other.CurrentTime)
        assert fault.privilegeId == "System.View"
        about = self.content.about
        assert (about.apiType, about.apiVersion, about.productLineId) == (
            "VirtualCenter", "6.5", "vpx")

    # ---- inventory -------------------------------------------------------------------

    def check_inventory(self):
        hosts = self.view(vim.HostSystem)
        assert sorted(h.name for h in hosts.view) == [
            "esx-gpu-%02d.lab.local" % i for i in range(1, 5)]
        everything = self.view(vim.ManagedEntity)
        kinds = {type(obj).__name__ for obj in everything.view}
        for kind in ("vim.Folder", "vim.Datacenter", "vim.ClusterComputeResource",
                     "vim.ResourcePool", "vim.HostSystem", "vim.VirtualMachine",
                     "vim.Datastore", "vim.Network"):
            assert kind in kinds, (kind, kinds)
        assert len(everything.view) == len({obj._moId for obj in everything.view})
        hosts.DestroyView()
        expect(vmodl.fault.ManagedObjectNotFound, lambda: hosts.view)
        root = self.content.rootFolder
        datacenter = root.childEntity[0]
        assert datacenter.name == "Lab" and datacenter.parent == root
        cluster = datacenter.hostFolder.childEntity[0]
        assert isinstance(cluster, vim.ClusterComputeResource) and cluster.name == "GPU"
        assert len(cluster.host) == 4 and cluster.summary.numHosts == 4
        drs = cluster.configurationEx.drsConfig
        assert drs.enabled in (True, False) and drs.defaultVmBehavior == "manual"
        assert cluster.resourcePool.owner == cluster
        assert [d.name for d in datacenter.datastore] == ["images"]
        assert datacenter.datastore[0].summary.capacity == 4000 << 30
        assert [n.name for n in datacenter.networkFolder.childEntity] == ["VM Network"]
        flat = self.view(vim.Folder)
        assert {f.name for f in flat.view} == {"vm", "host", "datastore", "network"}
        direct = self.content.viewManager.CreateContainerView(root, [], False)
        assert [type(o) for o in direct.view] == [vim.Datacenter]

    def check_traversal(self):
        """The classic recursive walk, with selections that name each other."""
        def named(name):
            return pc_types.SelectionSpec(name=name)

        def step(name, kind, path, *then):
            return pc_types.TraversalSpec(name=name, type=kind, path=path, skip=False,
                                          selectSet=[named(n) for n in then])

        steps = [step("folder", vim.Folder, "childEntity", "folder", "dcHost", "dcVm", "crHost"),
                 step("dcHost", vim.Datacenter, "hostFolder", "folder"),
                 step("dcVm", vim.Datacenter, "vmFolder", "folder"),
                 step("crHost", vim.ComputeResource, "host", "hostVm"),
                 step("hostVm", vim.HostSystem, "vm")]
        start = pc_types.ObjectSpec(obj=self.content.rootFolder, skip=False, selectSet=steps)
        sets = [pc_types.PropertySpec(type=vim.ManagedEntity, all=False, pathSet=["name"])]
        result = self.content.propertyCollector.RetrieveProperties(
            [pc_types.FilterSpec(propSet=sets, objectSet=[start])])
        names = {type(o.obj).__name__ + " " + o.propSet[0].val for o in result}
        assert "vim.HostSystem " + HOST in names and "vim.VirtualMachine " + SOURCE in names
        assert len(result) == len({o.obj._moId for o in result})

    def check_paths(self):
        host = self.named(vim.HostSystem, HOST)
        pc = self.content.propertyCollector
        for path in ("nonsense", "config.nonsense", "config.sharedGpuCapabilities",
                     "hardware.cpuInfo.hz.more", "remediationState"):
            fault = expect(vmodl.query.InvalidProperty, pc.RetrievePropertiesEx,
                           [self.spec(vim.HostSystem, ["name", path], [host])],
                           pc_types.RetrieveOptions())
            assert fault.name == path
        view = self.view(vim.HostSystem)
        seen = []
        result = pc.RetrievePropertiesEx([self.spec(vim.HostSystem, ["name"], view=view)],
                                         pc_types.RetrieveOptions(maxObjects=3))
        assert len(result.objects) == 3 and result.token
        seen += result.objects
        token = result.token
        result = pc.ContinueRetrievePropertiesEx(token)
        assert len(result.objects) == 1 and result.token is None
        seen += result.objects
        assert len({o.propSet[0].val for o in seen}) == 4
        expect(vmodl.fault.InvalidArgument, pc.ContinueRetrievePropertiesEx, token)
        expect(vmodl.fault.ManagedObjectNotFound, lambda: vim.VirtualMachine(
            "vm-99999", self.si._stub).name)
        none = pc.RetrievePropertiesEx(
            [self.spec(vim.Task, ["info"], view=self.view(vim.Network))],
            pc_types.RetrieveOptions())
        assert none is None

    # ---- hosts -----------------------------------------------------------------------

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
        task = host.EnterMaintenanceMode_Task(1800, False)
        fault = expect(vim.fault.TaskInProgress, host.EnterMaintenanceMode_Task, 0)
        assert fault.task == task
        wait_task(task)
        assert host.runtime.inMaintenanceMode is True
        assert task in host.recentTask and task.info.entity == host
        assert task.info.name in ("EnterMaintenanceMode_Task", vim.HostSystem)or task.info.name
        wait_task(host.RebootHost_Task(False))
        wait_until("host goes down",
                   lambda: host.runtime.connectionState == "notResponding")
        assert host.config is None and host.hardware is None
        fault = expect(vmodl.fault.HostNotConnected, host.EnterMaintenanceMode_Task, 0)
        expect(vmodl.fault.HostNotConnected, manager.RefreshGraphicsManager)
        wait_until("host comes back", lambda: host.runtime.connectionState == "connected")
        assert host.runtime.bootTime > boot and host.runtime.inMaintenanceMode is True
        wait_task(host.ExitMaintenanceMode_Task(300))
        assert host.runtime.inMaintenanceMode is False
        events = [e["event"] for e in self.lab.control("GET", "/events")
                  if e["object"] == host.name]
        assert events == ["maintenance_entered", "host_rebooted", "maintenance_left"], events

    # ---- machines --------------------------------------------------------------------

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
        source, task = self.clone("check/1")
        assert task.info.state == "running" and task.info.progress is not None
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
        assert vm.guest.toolsRunningStatus == "guestToolsRunning"
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
        no_pool = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), template=False, powerOn=False)
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

    # ---- customization -----------------------------------------------------------------

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

    # ---- watching ------------------------------------------------------------------------

    def check_wait_task(self):
        pc = self.content.propertyCollector.CreatePropertyCollector()
        task = self.clone("check-wait")[1]
        watch = pc.CreateFilter(
            self.spec(vim.Task, ["info.state", "info.result", "info.error"], [task]), False)
        states, result, version = [], None, ""
        options = pc_types.WaitOptions(maxWaitSeconds=10)
        while not states or states[-1] not in ("success", "error"):
            update = pc.WaitForUpdatesEx(version, options)
            assert update is not None, "no update in time"
            change = update.filterSet[0].objectSet[0]
            assert update.filterSet[0].filter == watch and change.obj == task
            assert change.kind == ("enter" if version == "" else "modify")
            for entry in change.changeSet:
                assert entry.op == "assign"
                if entry.name == "info.state":
                    states.append(entry.val)
                if entry.name == "info.result":
                    result = entry.val
            version = update.version
        assert states == ["running", "success"], states
        assert isinstance(result, vim.VirtualMachine) and result.name == "check-wait"
        assert pc.WaitForUpdatesEx(version, pc_types.WaitOptions(maxWaitSeconds=0)) is None
        expect(vmodl.query.InvalidCollectorVersion, pc.WaitForUpdatesEx, "77", options)
        watch.DestroyPropertyFilter()
        pc.DestroyPropertyCollector()
        expect(vmodl.fault.ManagedObjectNotFound, pc.WaitForUpdatesEx, "", options)
        return result

    def check_wait_view(self, vm):
        pc = self.content.propertyCollector.CreatePropertyCollector()
        view = self.view(vim.VirtualMachine)
        paths = ["name", "config.annotation", "config.changeVersion", "runtime.powerState"]
        pc.CreateFilter(self.spec(vim.VirtualMachine, paths, view=view), False)
        first = pc.WaitForUpdatesEx("", pc_types.WaitOptions(maxWaitSeconds=5,
                                                            maxObjectUpdates=1))
        assert first.truncated is True and len(first.filterSet[0].objectSet) == 1
        update = pc.WaitForUpdatesEx(first.version, pc_types.WaitOptions(maxWaitSeconds=5))
        entered = {first.filterSet[0].objectSet[0].obj._moId}
        entered |= {o.obj._moId for o in update.filterSet[0].objectSet}
        assert not update.truncated and entered == {v._moId for v in view.view}
        wait_task(vm.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="changed")))
        changed = pc.WaitForUpdatesEx(update.version, pc_types.WaitOptions(maxWaitSeconds=5))
        entry = changed.filterSet[0].objectSet[0]
        assert entry.kind == "modify" and entry.obj == vm
        values = {c.name: c.val for c in entry.changeSet}
        assert values["config.annotation"] == "changed" and "name" not in values
        again = pc.WaitForUpdatesEx(update.version, pc_types.WaitOptions(maxWaitSeconds=5))
        assert again.filterSet[0].objectSet[0].kind == "modify", "a lost reply asked again"
        wait_task(vm.Destroy_Task())
        left = pc.WaitForUpdatesEx(again.version, pc_types.WaitOptions(maxWaitSeconds=5))
        assert [(o.kind, o.obj) for o in left.filterSet[0].objectSet] == [("leave", vm)]
        pc.DestroyPropertyCollector()

    def check_cancel(self):
        """A wait ends when another connection cancels it."""
        stub = SoapStubAdapter(host="127.0.0.1", port=self.lab.port, version="vim.version.version11",
                               sslContext=self.lab.tls)
        stub.cookie = self.cookie
        pc = self.content.propertyCollector.CreatePropertyCollector()
        host = self.named(vim.HostSystem, HOST)
        pc.CreateFilter(self.spec(vim.HostSystem, ["name"], [host]), False)
        version = pc.WaitForUpdatesEx("").version
        caught = []

        def wait():
            try:
                pc_types(pc._moId, stub).WaitForUpdatesEx(version)
            except vmodl.fault.RequestCanceled as fault:
                caught.append(fault)

        thread = threading.Thread(target=wait)
        thread.start()
        deadline = time.monotonic() + DEADLINE_S
        while thread.is_alive() and time.monotonic() < deadline:
            pc.CancelWaitForUpdates()
            thread.join(0.05)
        assert caught, "the waiter got no RequestCanceled"
        pc.DestroyPropertyCollector()

    # ---- what a real server refuses --------------------------------------------------------

    def refused(self, text, body, fault="InvalidRequest", version="6.5"):
        status, reply = self.lab.post(body, self.cookie, version)
        assert status == 500 and 'xsi:type="%s"' % fault in reply, reply
        assert text in reply, reply

    def check_strictness(self):
        vm = self.named(vim.VirtualMachine, SOURCE)._moId
        start = ('<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">%s</_this>'
                 "<spec>" % vm)
        end = "</spec></ReconfigVM_Task>"
        before = len(self.lab.control("GET", "/events"))
        self.refused("annotation", start + "<numCPUs>2</numCPUs><annotation>x</annotation>" + end)
        self.refused("nonsense", start + "<nonsense>2</nonsense>" + end)
        self.refused("numCPUs", start + "<numCPUs>two</numCPUs>" + end)
        self.refused("device", start + "<deviceChange><operation>add</operation><device>"
                     "<key>-1</key></device></deviceChange>" + end)
        self.refused("value", start + "<extraConfig><key>a</key><value>b</value></extraConfig>"
                     + end)
        self.refused("VirtualWarpDrive", start + "<deviceChange><operation>add</operation>"
                     '<device xsi:type="VirtualWarpDrive"><key>-1</key></device></deviceChange>'
                     + end)
        self.refused("virtualNuma", start + "<virtualNuma><coresPerNumaNode>8</coresPerNumaNode>"
                     "</virtualNuma>" + end)
        self.refused("spec", '<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">'
                     "%s</_this></ReconfigVM_Task>" % vm)
        self.refused("options", '<RetrievePropertiesEx xmlns="urn:vim25">'
                     '<_this type="PropertyCollector">propertyCollector</_this><specSet><propSet>'
                     "<type>HostSystem</type><pathSet>name</pathSet></propSet><objectSet>"
                     '<obj type="HostSystem">host-21</obj></objectSet></specSet>'
                     "</RetrievePropertiesEx>")
        self.refused("namespace", start.replace("urn:vim25", "urn:other") + end)
        self.refused("NoSuchMethod", '<NoSuchMethod xmlns="urn:vim25"><_this type="Folder">'
                     "group-d1</_this></NoSuchMethod>", "MethodNotFound")
        self.refused("does not implement", '<ShutdownGuest xmlns="urn:vim25"><_this type="Folder">'
                     "group-d1</_this></ShutdownGuest>", "MethodNotFound")
        self.refused("Unsupported version", start + end, version="8.0.3.0")
        self.refused("", "not xml <")
        bomb = ('<?xml version="1.0"?><!DOCTYPE e [<!ENTITY a "b">]><e:Envelope '
                'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>&a;</e:Body>'
                "</e:Envelope>")
        self.refused("", bomb)
        status, _ = self.lab.post("<!--" + "x" * (5 << 20) + "-->", self.cookie)
        assert status == 413, status
        assert len(self.lab.control("GET", "/events")) == before, "a refused call did something"

    def check_negotiation(self):
        connection = http.client.HTTPSConnection("127.0.0.1", self.lab.port,
                                                 context=self.lab.tls)
        connection.request("GET", "/sdk/vimServiceVersions.xml")
        text = connection.getresponse().read().decode()
        assert "<version>6.5</version>" in text and "<version>6.0</version>" in text
        assert "6.7" not in text
        connection.close()

    # ---- injected faults ----------------------------------------------------------------------

    def fault(self, operation, kind, **more):
        self.lab.control("POST", "/faults", dict(
            {"system": "vcenter", "operation": operation, "kind": kind, "skip": 0, "times": 1},
            **more))

    def check_faults(self):
        host = self.named(vim.HostSystem, HOST)
        body = ('<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance'
                "</_this></CurrentTime>")
        self.fault("CurrentTime", "status", status=503, text="starting")
        assert self.lab.post(body, self.cookie) == (503, "starting")
        self.fault("CurrentTime", "error_text", text="disk on fire")
        status, reply = self.lab.post(body, self.cookie)
        assert status == 500 and "disk on fire" in reply
        for kind in ("drop_before", "drop_after"):
            self.fault("CurrentTime", kind)
            expect((http.client.HTTPException, OSError), self.lab.post, body, self.cookie)
        self.fault("CurrentTime", "truncate")
        expect((http.client.HTTPException, OSError), self.lab.post, body, self.cookie)
        self.fault("CurrentTime", "delay", milliseconds=300)
        before = time.monotonic()
        assert self.lab.post(body, self.cookie)[0] == 200
        assert time.monotonic() - before >= 0.29
        self.fault("RetrievePropertiesEx", "expire")
        result = self.content.propertyCollector.RetrievePropertiesEx(
            [self.spec(vim.HostSystem, ["name"], [host])], pc_types.RetrieveOptions())
        missing = result.objects[0].missingSet[0]
        assert not result.objects[0].propSet and missing.path == "name"
        assert isinstance(missing.fault, vim.fault.NotAuthenticated)
        expect(vim.fault.NotAuthenticated, self.si.CurrentTime)
        assert self.content.sessionManager.currentSession is None
        self.si = self.lab.login()
        self.content = self.si.RetrieveContent()
        self.cookie = self.si._stub.cookie

    def check_record(self):
        calls = self.lab.control("GET", "/calls")
        mine = [c for c in calls if c["system"] == "vcenter"]
        changing = {c["operation"] for c in mine if c["changing"]}
        reading = {c["operation"] for c in mine if not c["changing"]}
        assert {"CloneVM_Task", "ReconfigVM_Task", "MarkAsTemplate", "RebootHost_Task",
                "CreateCustomizationSpec", "UpdateGraphicsConfig"} <= changing
        assert {"Login", "RetrievePropertiesEx", "WaitForUpdatesEx"} <= reading
        assert not changing & reading
        assert PASSWORD not in json.dumps(calls)
        assert any(c["user"] == USER and c["object"].startswith("vm-") for c in mine)

    def check_roles(self):
        """A user without a role sees nothing and may do nothing."""
        accounts = self.lab.control("GET", "/world").get("accounts", [])
        if not any(a.get("no_role") for a in accounts):
            return
        account = [a for a in accounts if a.get("no_role")][0]
        other = connect.SmartConnect(host="127.0.0.1", port=self.lab.port,
                                     user=account["username"], pwd="lab-nobody-secret",
                                     sslContext=self.lab.tls)
        expect(vim.fault.NoPermission, other.RetrieveContent().customizationSpecManager
               .DeleteCustomizationSpec, "x")
        expect(vim.fault.NoPermission, lambda: other.RetrieveContent().rootFolder.name)
        connect.Disconnect(other)

    def run(self):
        plain = ["session", "negotiation", "inventory", "traversal", "paths", "host", "services",
                 "power_policy", "graphics", "passthru", "maintenance", "vm", "config_target"]
        for name in plain:
            self.step(name)
        vm = self.step("clone")
        self.step("reconfigure", vm)
        self.step("template", vm)
        self.step("power")
        self.step("customization")
        self.step("wait_view", self.step("wait_task"))
        for name in ("cancel", "strictness", "faults", "roles", "record"):
            self.step(name)
        connect.Disconnect(self.si)

    def step(self, name, *args):
        result = getattr(self, "check_" + name)(*args)
        print("ok", name, flush=True)
        return result


def main():
    lab = Lab(sys.argv[1], sys.argv[2])
    try:
        Judge(lab).run()
    except BaseException:
        lab.process.kill()
        raise
    lab.stop()


if __name__ == "__main__":
    main()
