select told.server_id, told.holder, told.batch, told.content
from live_samples told
left join unnest($2::bigint[], $3::bigint[]) as known (holder, batch) using (holder)
where told.holder <> $1 and told.batch > coalesce(known.batch, 0)
