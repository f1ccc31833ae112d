delete from consumer_readings
where ctid = any (array (select ctid from consumer_readings where at < $1 limit $2))
