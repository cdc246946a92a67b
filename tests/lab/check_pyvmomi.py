#!/usr/bin/python3
"""Judge of the simulated vCenter: VMware's own client, pyVmomi, drives gridform-lab.

    check_pyvmomi.py GRIDFORM_LAB REFERENCE.yaml JUDGE.yaml

Starts the lab with each world, talks to it over verified TLS, and asserts what it finds. Ends
with status 0 and one line a check, or with the first assertion that failed. The checks are in
vim25/judge_*.py.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "vim25"))
sys.dont_write_bytecode = True

from pyVim import connect  # noqa: E402

from judge_guest import Guest  # noqa: E402
from judge_hosts import Hosts  # noqa: E402
from judge_inventory import Inventory  # noqa: E402
from judge_lab import Lab  # noqa: E402
from judge_machines import Machines  # noqa: E402
from judge_second import Second  # noqa: E402
from judge_wire import Wire  # noqa: E402


class First(Inventory, Hosts, Machines, Wire):
    """All checks of the reference world, in the order in which they build on each other."""

    def run_all(self):
        for name in ("session", "negotiation", "inventory", "traversal", "paths", "host",
                     "services", "power_policy", "graphics", "passthru", "maintenance", "vm",
                     "config_target"):
            self.run(name)
        vm = self.run("clone")
        self.run("reconfigure", vm)
        self.run("template", vm)
        self.run("power")
        self.run("customization")
        self.run("wait_view", self.run("wait_task"))
        for name in ("cancel", "strictness", "faults", "hold", "lost_answer", "record"):
            self.run(name)
        connect.Disconnect(self.si)


class Inside(Guest):
    """A lab of its own: guests cost time."""

    def run_all(self):
        self.run_guest()
        connect.Disconnect(self.si)


def judge(kind, program, world):
    lab = Lab(program, world)
    try:
        kind(lab).run_all()
    except BaseException:
        lab.kill()
        raise
    lab.stop()


def main():
    judge(First, sys.argv[1], sys.argv[2])
    judge(Second, sys.argv[1], sys.argv[3])
    judge(Inside, sys.argv[1], sys.argv[2])


if __name__ == "__main__":
    main()
