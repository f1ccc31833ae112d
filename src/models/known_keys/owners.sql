select distinct on (fingerprint) fingerprint, comment, user_name, servers.name as server
from known_keys
join servers on servers.id = known_keys.server_id
where fingerprint = any ($1) and server_id = any ($2)
order by fingerprint, (server_id = $3) desc, (comment <> '') desc, seen_at desc, servers.name, user_name
