"""Sessions, the inventory tree, traversals, property paths."""
import http.client

from pyVim import connect
from pyVmomi import vim, vmodl

from judge_lab import HOST, SOURCE, USER, Judge, expect, pc_types


class Inventory(Judge):
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
        find = self.content.searchIndex.FindByInventoryPath
        assert find("Lab/host/GPU/" + HOST).name == HOST
        assert find("/Lab/vm/" + SOURCE).name == SOURCE
        assert find("Lab/vm/nobody") is None and find("Lab/host/GPU") == cluster
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

        steps = [step("folder", vim.Folder, "childEntity", "folder", "dcHost", "dcVm",
                      "crHost"),
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

    def check_negotiation(self):
        connection = http.client.HTTPSConnection("127.0.0.1", self.lab.port,
                                                 context=self.lab.tls)
        connection.request("GET", "/sdk/vimServiceVersions.xml")
        text = connection.getresponse().read().decode()
        assert "<version>6.5</version>" in text and "<version>6.0</version>" in text
        assert "6.7" not in text
        connection.close()
