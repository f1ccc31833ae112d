"""asyncssh, doing what the other contestants do: connects to all servers, runs `uptime` on all, runs it again."""
import asyncio
import json
import sys

import asyncssh

CONNECTING = 32


async def main():
    settings = json.loads(sys.stdin.readline())
    key = asyncssh.import_private_key(settings["private_key"])
    trusted = asyncssh.import_public_key(settings["host_key"])
    turns = asyncio.Semaphore(CONNECTING)

    async def connect(address, port):
        async with turns:
            return await asyncssh.connect(
                address, port, username=settings["user"], client_keys=[key], known_hosts=([trusted], [], []),
                config=None, agent_path=None,
            )

    async def run(connection):
        answer = await connection.run("uptime", check=True)
        assert "load average" in answer.stdout

    print("idle", flush=True)
    sys.stdin.readline()
    connections = await asyncio.gather(*(connect(*server) for server in settings["servers"]))
    await asyncio.gather(*(run(connection) for connection in connections))
    print("connected", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*(run(connection) for connection in connections))
    print("ran", flush=True)
    sys.stdin.readline()


asyncio.run(main())
