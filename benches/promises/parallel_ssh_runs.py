"""parallel-ssh, doing what the other contestants do: connects to all servers, runs `uptime` on all, runs it again."""
import json
import sys

from pssh.clients import ParallelSSHClient

settings = json.loads(sys.stdin.readline())
hosts = [address for address, _ in settings["servers"]]
client = ParallelSSHClient(
    hosts, user=settings["user"], port=settings["servers"][0][1], pkey=settings["private_key"].encode(),
    pool_size=len(hosts), allow_agent=False, num_retries=1,
)


def run():
    output = client.run_command("uptime")
    client.join(output)
    for answer in output:
        assert answer.exit_code == 0 and "load average" in "".join(answer.stdout)


print("idle", flush=True)
sys.stdin.readline()
run()
print("connected", flush=True)
sys.stdin.readline()
run()
print("ran", flush=True)
sys.stdin.readline()
