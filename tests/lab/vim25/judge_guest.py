"""Guest operations: programs, files, transfers, power, from pyVmomi's side."""
import http.client
import json
import urllib.parse

from pyVmomi import vim, vmodl

from judge_lab import DEADLINE_S, HOST, SOURCE, Judge, expect, wait_task, wait_until

SLOW = 60  # an exit code is kept for five seconds of real time
LOGIN, SECRET = "root", "lab-guest-secret"


class Guest(Judge):
    def auth(self, password=SECRET, interactive=False):
        return vim.vm.guest.NamePasswordAuthentication(
            username=LOGIN, password=password, interactiveSession=interactive)

    def ready(self):
        return (self.vm.guest.guestOperationsReady and
                self.vm.guest.toolsRunningStatus == "guestToolsRunning")

    def start(self, path, arguments="", **more):
        return self.processes.StartProgramInGuest(
            self.vm, self.auth(), vim.vm.guest.ProcessManager.ProgramSpec(
                programPath=path, arguments=arguments, **more))

    def process(self, pid):
        found = self.processes.ListProcessesInGuest(self.vm, self.auth(), [pid])
        return found[0] if found else None

    def status(self, pid):
        found = []

        def ended():
            found.append(self.process(pid))
            return found[-1].endTime is not None

        wait_until("program ends", ended)
        return found[-1].exitCode

    def http(self, method, url, body=None, headers=None):
        """One request to the host that the URL names: the lab answers for it."""
        parts = urllib.parse.urlsplit(url)
        assert parts.port == self.lab.port
        connection = http.client.HTTPConnection("127.0.0.1", self.lab.port,
                                                timeout=DEADLINE_S)
        connection.connect()
        connection.sock = self.lab.tls.wrap_socket(connection.sock,
                                                   server_hostname=parts.hostname)
        connection.request(method, parts.path + "?" + parts.query, body, headers or {})
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, data

    def upload_url(self, path, size, overwrite=True, mode=0o755):
        return self.files.InitiateFileTransferToGuest(
            self.vm, self.auth(), path,
            vim.vm.guest.FileManager.PosixFileAttributes(permissions=mode), size, overwrite)

    def upload(self, path, content, **more):
        status, data = self.http("PUT", self.upload_url(path, len(content), **more), content)
        assert status == 200, (status, data)

    def download(self, path):
        info = self.files.InitiateFileTransferFromGuest(self.vm, self.auth(), path)
        status, data = self.http("GET", info.url)
        assert status == 200 and len(data) == info.size
        return data

    def check_guest_login(self):
        self.lab.speed(SLOW)
        manager = self.content.guestOperationsManager
        self.vm = self.named(vim.VirtualMachine, SOURCE)
        self.processes, self.files = manager.processManager, manager.fileManager
        validate = manager.authManager.ValidateCredentialsInGuest
        fault = expect(vim.fault.InvalidPowerState, validate, self.vm, self.auth())
        assert fault.existingState == "poweredOff"
        wait_task(self.vm.PowerOnVM_Task())
        wait_until("Tools answer", self.ready)
        validate(self.vm, self.auth())
        expect(vim.fault.InvalidGuestLogin, validate, self.vm, self.auth("wrong"))
        expect(vim.fault.OperationNotSupportedByGuest, validate, self.vm,
               self.auth(interactive=True))
        gone = vim.VirtualMachine("vm-999999", self.si._stub)
        expect(vmodl.fault.ManagedObjectNotFound, validate, gone, self.auth())

    def check_guest_processes(self):
        pid = self.start("/bin/sh", "-c 'echo out; echo err >&2; exit 5' >/var/tmp/o 2>&1")
        assert self.status(pid) == 5 and self.download("/var/tmp/o") == b"out\nerr\n"
        found = self.process(pid)
        assert found.name == "sh" and found.owner == LOGIN and found.startTime <= found.endTime
        pid = self.start("/usr/bin/env", ">o2", workingDirectory="/var/tmp",
                         envVariables=["COLOUR=green & blue", "PATH=/bin"])
        assert self.status(pid) == 0
        assert b"COLOUR=green & blue\n" in self.download("/var/tmp/o2")
        assert b"HOME" not in self.download("/var/tmp/o2")
        pid = self.start("/bin/sleep", "600")
        assert self.process(pid).endTime is None
        self.processes.TerminateProcessInGuest(self.vm, self.auth(), pid)
        assert self.status(pid) == 137
        fault = expect(vim.fault.GuestProcessNotFound,
                       self.processes.TerminateProcessInGuest, self.vm, self.auth(), 99999)
        assert fault.pid == 99999
        expect(vim.fault.FileNotFound, self.start, "/bin/absent")
        expect(vim.fault.GuestPermissionDenied, self.start, "/etc/passwd")
        expect(vim.fault.FileNotFound, self.start, "/bin/sh", workingDirectory="/absent")
        self.lab.control("POST", "/world/speed", 100000)
        wait_until("exit codes are forgotten", lambda: self.process(pid) is None)
        self.lab.speed(SLOW)

    def check_guest_files(self):
        files, auth = self.files, self.auth()
        files.MakeDirectoryInGuest(self.vm, auth, "/var/tmp/a/b", True)
        expect(vim.fault.FileAlreadyExists, files.MakeDirectoryInGuest, self.vm, auth,
               "/var/tmp/a/b", False)
        expect(vim.fault.FileNotFound, files.MakeDirectoryInGuest, self.vm, auth,
               "/var/tmp/x/y", False)
        self.upload("/var/tmp/a/b/run", b"#!/bin/sh\necho \"$1\"\n", mode=0o750)
        temporary = files.CreateTemporaryFileInGuest(self.vm, auth, "pre-", ".txt", "/var/tmp/a")
        assert temporary.startswith("/var/tmp/a/pre-") and temporary.endswith(".txt")
        got = files.ListFilesInGuest(self.vm, auth, "/var/tmp/a")
        assert got.remaining == 0 and len(got.files) == 4, got
        kinds = {f.path.rsplit("/", 1)[1]: f.type for f in got.files}
        assert kinds["b"] == "directory" and kinds[temporary.rsplit("/", 1)[1]] == "file"
        got = files.ListFilesInGuest(self.vm, auth, "/var/tmp/a", 0, 1, "[a-z]*")
        assert len(got.files) == 1 and got.remaining == 1
        one = files.ListFilesInGuest(self.vm, auth, "/var/tmp/a/b/run").files[0]
        assert one.attributes.permissions == 0o750 and one.size == 20
        assert self.status(self.start("/var/tmp/a/b/run", "'a  b' >/var/tmp/o")) == 0
        assert self.download("/var/tmp/o") == b"a  b\n"
        files.DeleteFileInGuest(self.vm, auth, temporary)
        expect(vim.fault.FileNotFound, files.DeleteFileInGuest, self.vm, auth, temporary)
        expect(vim.fault.FileFault, files.DeleteFileInGuest, self.vm, auth, "/var/tmp/a")

    def check_guest_transfers(self):
        content = bytes(range(256)) * 4096
        self.upload("/var/tmp/big", content)
        assert self.download("/var/tmp/big") == content
        expect(vim.fault.FileAlreadyExists, self.upload_url, "/var/tmp/big", 1, False)
        expect(vim.fault.FileFault, self.upload_url, "/var/tmp", 1)
        expect(vim.fault.FileNotFound, self.upload_url, "/absent/file", 1)
        expect(vim.fault.FileNotFound, self.download, "/absent")
        url = self.upload_url("/var/tmp/small", 3)
        assert urllib.parse.urlsplit(url).hostname == HOST
        assert self.http("PUT", url, b"four")[0] == 400
        assert self.http("PUT", url, b"abc")[0] == 404, "void after one use"
        url = self.upload_url("/var/tmp/small", 3)
        chunks = {"Transfer-Encoding": "chunked"}
        assert self.http("PUT", url, b"3\r\nabc\r\n0\r\n\r\n", chunks)[0] == 411
        url = self.upload_url("/var/tmp/small", 3)
        assert self.http("GET", url)[0] == 404
        assert self.http("PUT", url.replace("token=", "token=x"), b"abc")[0] == 404
        assert self.http("PUT", url, b"abc")[0] == 200
        assert self.http("PUT", url, b"abc")[0] == 404
        assert self.download("/var/tmp/small") == b"abc"
        self.upload("/var/tmp/empty", b"")
        assert self.download("/var/tmp/empty") == b""

    def check_guest_order(self):
        """The elements of a request come in the order of the schema."""
        auth = ('<auth xsi:type="NamePasswordAuthentication"><interactiveSession>false'
                "</interactiveSession><username>root</username><password>%s</password></auth>"
                % SECRET)
        body = ('<StartProgramInGuest xmlns="urn:vim25"><_this type="GuestProcessManager">'
                "guestOperationsProcessManager</_this>%s<spec>%s</spec></StartProgramInGuest>")
        machine = '<vm type="VirtualMachine">%s</vm>' % self.vm._moId
        spec = "<programPath>/bin/true</programPath><arguments></arguments>"
        turned = "<arguments></arguments><programPath>/bin/true</programPath>"
        plain = auth.replace(' xsi:type="NamePasswordAuthentication"', "")
        for request, status, text in (
                (body % (machine + auth, spec), 200, "returnval"),
                (body % (auth + machine, spec), 500, "InvalidRequest"),
                (body % (machine + auth, turned), 500, "InvalidRequest"),
                (body % (machine + plain, spec), 500, "InvalidRequest")):
            got, reply = self.lab.post(request, self.cookie)
            assert got == status and text in reply, reply
            assert SECRET not in reply

    def check_guest_reboot(self):
        pid = self.start("/bin/sh", "-c 'reboot; sleep 600'")
        wait_until("Tools go away", lambda: not self.ready())
        expect(vim.fault.GuestOperationsUnavailable, self.start, "/bin/true")
        wait_until("Tools come back", self.ready)
        assert self.process(pid) is None
        with self.lab.standing_still():
            self.vm.RebootGuest()
            assert not self.ready()
            expect(vim.fault.ToolsUnavailable, self.vm.RebootGuest)
        wait_until("Tools come back", self.ready)
        self.upload("/etc/kept", b"kept")
        self.vm.ShutdownGuest()
        wait_until("guest shuts down", lambda: self.vm.runtime.powerState == "poweredOff")
        wait_task(self.vm.PowerOnVM_Task())
        wait_until("Tools come back", self.ready)
        assert self.download("/etc/kept") == b"kept"
        self.start("/sbin/poweroff")
        wait_until("guest ends", lambda: self.vm.runtime.powerState == "poweredOff")

    def check_guest_record(self):
        calls = self.lab.control("GET", "/calls")
        text = json.dumps(calls)
        assert SECRET not in text and "token" not in text
        starts = [c for c in calls if c["operation"] == "StartProgramInGuest"]
        assert starts and all(c["changing"] and c["detail"] for c in starts)
        assert [c for c in calls if c["operation"] == "PutGuestFile"][0]["object"] == self.vm._moId

    def run_guest(self):
        for name in ("guest_login", "guest_processes", "guest_files", "guest_transfers",
                     "guest_order", "guest_reboot", "guest_record"):
            self.run(name)
