"""Which flags docker's commands have, and which of them take a value.

Source: docker CLI v28.2.2 and v29.7.2, docker buildx v0.29.1: what their command trees declare,
hidden and deprecated flags included. They agree on every flag that more than one of them has.
`tests/interop/test_docker_commands.py` holds the tables against the help of real clients.
"""

from __future__ import annotations

from contenttrust.gate.docker.grammar import Flags

_TRANSFER = "a/all-tags disable-content-trust h/help platform= q/quiet"
_CONTAINER = (
    "add-host= annotation= a/attach= blkio-weight= blkio-weight-device= cap-add= cap-drop= "
    "cgroup-parent= cgroupns= cidfile= cpu-count= cpu-percent= cpu-period= cpu-quota= "
    "cpu-rt-period= cpu-rt-runtime= c/cpu-shares= cpus= cpuset-cpus= cpuset-mems= device= "
    "device-cgroup-rule= device-read-bps= device-read-iops= device-write-bps= "
    "device-write-iops= disable-content-trust dns= dns-opt= dns-option= dns-search= "
    "domainname= entrypoint= e/env= env-file= expose= gpus= group-add= health-cmd= "
    "health-interval= health-retries= health-start-interval= health-start-period= "
    "health-timeout= help h/hostname= init i/interactive io-maxbandwidth= io-maxiops= ip= "
    "ip6= ipc= isolation= kernel-memory= l/label= label-file= link= link-local-ip= "
    "log-driver= log-opt= mac-address= m/memory= memory-reservation= memory-swap= "
    "memory-swappiness= mount= name= net= net-alias= network= network-alias= no-healthcheck "
    "oom-kill-disable oom-score-adj= pid= pids-limit= platform= privileged p/publish= "
    "P/publish-all pull= q/quiet read-only restart= rm runtime= security-opt= shm-size= "
    "stop-signal= stop-timeout= storage-opt= sysctl= tmpfs= t/tty ulimit= use-api-socket "
    "u/user= userns= uts= v/volume= volume-driver= volumes-from= w/workdir="
)
_RUN_ONLY = "d/detach detach-keys= sig-proxy"
_BUILD = (
    "add-host= allow= annotation= attest= build-arg= build-context= builder= cache-from= "
    "cache-to= call= cgroup-parent= check compress cpu-period= cpu-quota= c/cpu-shares= "
    "cpuset-cpus= cpuset-mems= D/debug disable-content-trust f/file= force-rm h/help iidfile= "
    "isolation= label= load m/memory= memory-swap= metadata-file= network= no-cache "
    "no-cache-filter= o/output= platform= print= progress= provenance= pull push q/quiet rm "
    "sbom= secret= security-opt= shm-size= squash ssh= t/tag= target= ulimit="
)

PULL = Flags(_TRANSFER)
PUSH = Flags(_TRANSFER)
CREATE = Flags(_CONTAINER)
RUN = Flags(_CONTAINER, _RUN_ONLY)
BUILD = Flags(_BUILD)
"""Of docker's own builder and of buildx: which one builds is not known before docker is asked."""
