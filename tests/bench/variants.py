"""The parties of the comparison as processes: instances of the service, nginx, the peers in Go and Node. Each has a base address, a
process to look at, and ends when it is told to."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.request

from database import BIN, ROOT
from support.cluster import DATABASE, SERVICE
from support.process import environment, free_ports

HERE = pathlib.Path(__file__).resolve().parent
POOL = 2 * (os.cpu_count() or 1)  # database connections of a party that work at a time: two for each core


def quiet_run(command, **options):
    """The completed process; None when the program is missing or took too long."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except (OSError, subprocess.TimeoutExpired):
        return None


class Party:
    def __init__(self, name, command, port, directory, probe, env=None):
        self.name, self.port, self.base = name, port, f"http://127.0.0.1:{port}"
        self.log_path = pathlib.Path(directory) / f"{name}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=env or environment(), cwd="/", start_new_session=True)
        self.pid = self.process.pid
        until = time.monotonic() + 30
        while not self.answers(probe):
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise SystemExit(f"bench: {name} does not start: {self.log_path.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def answers(self, probe):
        try:
            with urllib.request.urlopen(self.base + probe, timeout=5) as reply:
                return reply.status == 200
        except OSError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def service(binary, database, directory, name, clock, **settings):
    """An instance with everything on: validation, metrics, the log of requests as JSON into a file. The sweep alone is off, because it
    would write in the middle of a run."""
    port, admin = free_ports(2)
    flags = {"port": port, "admin-port": admin, "database-url": database.program_url(), "state-dir": directory / "state",
             "clock": f"fixed:{clock}", "sweep": "off", "log-format": "json", "log-level": "info", "pool-connections": POOL,
             "max-connections-per-ip": 0, "grace-ms": 0, **{key.replace("_", "-"): value for key, value in settings.items()}}
    words = [word for key, value in flags.items() for word in (f"--{key}", str(value))]
    return Party(name, [binary, "serve", *words], port, directory, "/health/ready")


def nginx(directory, body):
    """return 200 with that body; no log."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if not program:
        return None
    port, = free_ports(1)
    escaped = body.replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    text = f"""daemon off; worker_processes auto; pid {directory}/nginx.pid; error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {directory}/nginx-body; proxy_temp_path {directory}/nginx-proxy; fastcgi_temp_path {directory}/nginx-fastcgi;
  uwsgi_temp_path {directory}/nginx-uwsgi; scgi_temp_path {directory}/nginx-scgi;
  geo $dollar {{ default "$"; }}
  server {{ listen 127.0.0.1:{port} backlog=511; location / {{ return 200 '{escaped}'; }} }}
}}
"""
    (directory / "nginx.conf").write_text(text, encoding="utf-8")
    return Party("nginx", [program, "-c", str(directory / "nginx.conf"), "-p", str(directory)], port, directory, "/")


def peer_environment(database, directory, port):
    return environment(BENCH_PLANS=str(directory / "plans.json"), BENCH_SOCKET=database.socket, BENCH_USER=SERVICE, BENCH_DATABASE=DATABASE,
                       BENCH_PORT=str(port), BENCH_POOL=str(POOL), NODE_ENV="production")


def build_go(build):
    """The program, or why there is none. Debian's packages are found through GOPATH; nothing is fetched."""
    target = build / "bench/go-peer"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not shutil.which("go"):
        return None, "no go on PATH"
    env = environment(GO111MODULE="off", GOPATH="/usr/share/gocode", GOFLAGS="", GOCACHE=str(build / "bench/go-cache"), HOME=os.environ.get("HOME", "/tmp"))
    done = quiet_run(["go", "build", "-o", str(target), str(HERE / "go/main.go")], env=env, timeout=600)
    if not done or done.returncode:
        return None, "it does not build: " + (done.stderr.strip()[-500:] if done else "no answer")
    return target, None


def install_node(build):
    """The folder with the server and its modules, or why there is none. npm fetches what package-lock.json names, once."""
    target = build / "bench/node"
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "no node or no npm on PATH"
    target.mkdir(parents=True, exist_ok=True)
    changed = False
    for name in ("package.json", "package-lock.json", "server.js"):
        text = (HERE / "node" / name).read_text(encoding="utf-8")
        if not (target / name).exists() or (target / name).read_text(encoding="utf-8") != text:
            (target / name).write_text(text, encoding="utf-8")
            changed = changed or name != "server.js"
    if changed or not (target / "node_modules").exists():
        done = quiet_run(["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=target, timeout=120)
        if not done or done.returncode:
            shutil.rmtree(target / "node_modules", ignore_errors=True)
            return None, "npm ci failed: " + (done.stderr.strip()[-300:] if done else "no answer")
    return target, None


def go_peer(database, directory, program):
    port, = free_ports(1)
    return Party("go", [str(program)], port, directory, "/ready", peer_environment(database, directory, port))


def node_peer(database, directory, folder):
    port, = free_ports(1)
    return Party("node", ["node", str(folder / "server.js")], port, directory, "/ready", peer_environment(database, directory, port))


def version_of(command):
    done = quiet_run(command, timeout=20)
    return ((done.stdout or done.stderr).strip().splitlines() or ["unknown"])[0] if done else "missing"


def versions():
    return {"postgres": version_of([str(BIN / "postgres"), "--version"]), "go": version_of(["go", "version"]),
            "node": version_of(["node", "--version"]), "nginx": version_of(["/usr/sbin/nginx", "-v"]),
            "pgx": version_of(["dpkg-query", "-W", "-f", "${Version}", "golang-github-jackc-pgx-v4-dev"]),
            "postgres.js": json.loads((HERE / "node/package.json").read_text(encoding="utf-8"))["dependencies"]["postgres"],
            "fastify": json.loads((HERE / "node/package.json").read_text(encoding="utf-8"))["dependencies"]["fastify"],
            "commit": version_of(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])}
