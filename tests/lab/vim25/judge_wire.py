"""The protocol itself: watches, what is refused, injected faults, the record of calls."""
import http.client
import json
import threading
import time

from pyVmomi import SoapStubAdapter, vim, vmodl

from judge_lab import (DEADLINE_S, HOST, PASSWORD, SOURCE, SPEED, USER, Judge, expect, pc_types,
                       wait_task)


class Wire(Judge):
    def check_wait_task(self):
        pc = self.content.propertyCollector.CreatePropertyCollector()
        self.lab.speed(0.001)
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
            self.lab.speed(SPEED)
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
        stub = SoapStubAdapter(host="127.0.0.1", port=self.lab.port,
                               version="vim.version.version11", sslContext=self.lab.tls)
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
        self.refused("annotation",
                     start + "<numCPUs>2</numCPUs><annotation>x</annotation>" + end)
        self.refused("nonsense", start + "<nonsense>2</nonsense>" + end)
        self.refused("numCPUs", start + "<numCPUs>two</numCPUs>" + end)
        self.refused("device", start + "<deviceChange><operation>add</operation><device>"
                     "<key>-1</key></device></deviceChange>" + end)
        self.refused("value", start + "<extraConfig><key>a</key><value>b</value></extraConfig>"
                     + end)
        self.refused("VirtualWarpDrive", start + "<deviceChange><operation>add</operation>"
                     '<device xsi:type="VirtualWarpDrive"><key>-1</key></device></deviceChange>'
                     + end)
        self.refused("virtualNuma", start + "<virtualNuma><coresPerNumaNode>8"
                     "</coresPerNumaNode></virtualNuma>" + end)
        self.refused("spec", '<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">'
                     "%s</_this></ReconfigVM_Task>" % vm)
        self.refused("options", '<RetrievePropertiesEx xmlns="urn:vim25">'
                     '<_this type="PropertyCollector">propertyCollector</_this><specSet>'
                     "<propSet><type>HostSystem</type><pathSet>name</pathSet></propSet><objectSet>"
                     '<obj type="HostSystem">host-21</obj></objectSet></specSet>'
                     "</RetrievePropertiesEx>")
        self.refused("namespace", start.replace("urn:vim25", "urn:other") + end)
        self.refused("NoSuchMethod", '<NoSuchMethod xmlns="urn:vim25"><_this type="Folder">'
                     "group-d1</_this></NoSuchMethod>", "MethodNotFound")
        self.refused("does not implement", '<ShutdownGuest xmlns="urn:vim25">'
                     '<_this type="Folder">group-d1</_this></ShutdownGuest>', "MethodNotFound")
        self.refused("Unsupported version", start + end, version="8.0.3.0")
        self.refused("", "not xml <")
        bomb = ('<?xml version="1.0"?><!DOCTYPE e [<!ENTITY a "b">]><e:Envelope '
                'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>&a;</e:Body>'
                "</e:Envelope>")
        self.refused("", bomb)
        status, _ = self.lab.post("<!--" + "x" * (5 << 20) + "-->", self.cookie)
        assert status == 413, status
        assert len(self.lab.control("GET", "/events")) == before, "a refused call did something"

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
        self.enter()

    def check_hold(self):
        """A changing call is carried out, its reply held, and lost when that is asked for."""
        host = self.named(vim.HostSystem, HOST)
        system = host.configManager.powerSystem
        body = ('<ConfigurePowerPolicy xmlns="urn:vim25"><_this type="HostPowerSystem">%s'
                "</_this><key>3</key></ConfigurePowerPolicy>" % system._moId)
        for answer in (True, False):
            outcome = []
            self.lab.control("POST", "/hold", {"call": 1})

            def change():
                try:
                    outcome.append(self.lab.post(body, self.cookie)[0])
                except (http.client.HTTPException, OSError) as caught:
                    outcome.append(caught)

            thread = threading.Thread(target=change)
            thread.start()
            assert self.lab.control("GET", "/held?wait=20000")["held"] is True
            assert not outcome and system.info.currentPolicy.shortName == "low"
            self.lab.control("POST", "/release", {"answer": answer})
            thread.join(DEADLINE_S)
            assert (outcome == [200]) is answer, outcome
        system.ConfigurePowerPolicy(1)

    def check_lost_answer(self):
        """A clone whose answer got lost exists; the task shows under its machine."""
        source = self.named(vim.VirtualMachine, SOURCE)
        before = set(source.recentTask)
        self.fault("CloneVM_Task", "drop_after")
        location = vim.vm.RelocateSpec()
        spec = vim.vm.CloneSpec(location=location, template=False, powerOn=False)
        expect((http.client.HTTPException, OSError), source.CloneVM_Task, source.parent, "lost",
               spec)
        new = set(source.recentTask) - before
        assert len(new) == 1, new
        vm = wait_task(new.pop())
        assert vm.name == "lost"
        wait_task(vm.Destroy_Task())

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
