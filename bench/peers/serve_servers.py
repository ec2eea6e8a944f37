# serve_servers.py - the servers of bench/serve.sh: started on a core, their CPU time and memory as trees of processes.
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

GATEWAY_CORE, OTHER_CORE = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")
CALLER = {"Content-Type": "application/json", "Authorization": "Bearer sk-of-the-caller"}


def wait_for(what, name, seconds=20):
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            sys.exit(f"serve.py: {name} does not come up")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stat_of(pid):
    """Fields of /proc/PID/stat behind the name; None: the process has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


class Server:
    """A process and its children. headers: further ones that a request to it needs."""

    def __init__(self, name, argv, log, core=GATEWAY_CORE, environment=None, headers=None):
        self.name, self.headers, self.port = name, headers or {}, None
        self.process = subprocess.Popen(["taskset", "-c", core] + argv, stdout=log, stderr=log,
                                        env={**os.environ, **(environment or {})})

    def tree(self):
        parents = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            fields = stat_of(pid)
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(pid))
        found = [self.process.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu(self):
        """Seconds of CPU, user and system, of all that live and of those that were waited for."""
        return sum(sum(map(int, stat[11:15])) for stat in map(stat_of, self.tree()) if stat) / TICKS

    def memory(self, what):
        """Bytes of VmRSS or VmHWM."""
        total = 0
        for pid in self.tree():
            with open(f"/proc/{pid}/status") as file:
                total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith(what + ":"))
        return total

    def url(self, path="/v1/chat/completions"):
        return f"http://127.0.0.1:{self.port}{path}"

    def up(self, port):
        self.port = port
        wait_for(lambda: self.process.poll() is None and listens(port), self.name)
        return self

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def port_file(room):
    """Where the next server writes its port."""
    path = f"{room}/port"
    if os.path.exists(path):
        os.unlink(path)
    return path


def read_port(server, path):
    wait_for(lambda: os.path.exists(path) and open(path).read().strip(), server.name)
    return server.up(int(open(path).read()))


def mock(glimpse, room, log):
    path = port_file(room)
    server = Server("the mock", [glimpse, "mock", "--seed", "1", "--token-rate", "0", "--port-file", path], log, OTHER_CORE)
    return read_port(server, path)


def ask_mock(server, path, method="GET", body=None):
    request = urllib.request.Request(server.url("/__mock/" + path), body, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def set_mock(server, **settings):
    """Changes its settings while it runs."""
    ask_mock(server, "settings", "PUT", json.dumps(settings).encode())


def most_at_once(server):
    """The most requests that it had in flight since the last reset."""
    return ask_mock(server, "stats")["peak_in_flight"]


def glimpse_serve(glimpse, behind, room, log):
    path = port_file(room)
    server = Server("glimpse serve", [glimpse, "serve", "--listen", "127.0.0.1:0", "--port-file", path, "--drain", "0",
                                      "--concurrency", "4000", "--base-url", behind.url("/v1")], log,
                    environment={"OPENAI_API_KEY": "sk-of-the-endpoint"})
    return read_port(server, path)


NGINX = """
worker_processes 1;
worker_rlimit_nofile {files};
daemon off;
pid {room}/nginx.pid;
error_log {room}/nginx.log;
events {{ worker_connections 7000; }}
http {{
    access_log off;
    client_body_temp_path {room}/t1; proxy_temp_path {room}/t2; fastcgi_temp_path {room}/t3;
    uwsgi_temp_path {room}/t4; scgi_temp_path {room}/t5;
    upstream endpoint {{ server 127.0.0.1:{behind}; keepalive 4000; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        keepalive_requests 1000000000;
        location / {{
            proxy_pass http://endpoint;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Authorization "Bearer sk-of-the-endpoint";
            proxy_buffering off; # events of a stream go on as they come
        }}
    }}
}}
"""


def nginx(behind, room, log):
    port = free_port()
    with open(f"{room}/nginx.conf", "w") as out:
        out.write(NGINX.format(room=room, port=port, behind=behind.port, files=16384))
    return Server("nginx", ["nginx", "-p", room, "-c", f"{room}/nginx.conf", "-e", f"{room}/nginx.log"], log).up(port)


def portkey(behind, modules, log):
    port = free_port()
    headers = {"x-portkey-provider": "openai", "x-portkey-custom-host": behind.url("/v1")}
    start = f"{modules}/node_modules/@portkey-ai/gateway/build/start-server.js"
    return Server("Portkey", ["node", start, "--headless", f"--port={port}"], log, headers=headers,
                  environment={"NODE_ENV": "production"}).up(port)
