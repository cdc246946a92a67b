"""The process gridform-lab, connections to its vCenter, and what all checks share."""
import contextlib
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import time

from pyVim import connect
from pyVmomi import vim, vmodl

USER, PASSWORD = "svc-gridform@vsphere.local", "lab-vsphere-secret"
HOST = "esx-gpu-01.lab.local"
SOURCE = "centos72-base"
DEADLINE_S = 60
SPEED = 600

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

    def speed(self, speed):
        self.control("POST", "/world/speed", speed)

    @contextlib.contextmanager
    def standing_still(self):
        """While it lasts nothing in the world ends, however slow this machine is."""
        self.speed(0.001)
        yield
        self.speed(SPEED)

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
        shutil.rmtree(self.dir)

    def kill(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir)


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
    """A session, and ways to find and to read."""

    def __init__(self, lab):
        self.lab = lab
        self.enter()

    def enter(self):
        self.si = self.lab.login()
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

    def run(self, name, *args):
        result = getattr(self, "check_" + name)(*args)
        print("ok", name, flush=True)
        return result
