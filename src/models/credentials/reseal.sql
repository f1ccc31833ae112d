-- The next credentials that hold a value which was not sealed with the data key $2: its id follows the layout's version.
select id, name, password, private_key, passphrase, sudo_password
from credentials
where id > $1
  and exists (
    select from (values (password), (private_key), (passphrase), (sudo_password)) as sealed (value)
    where value is not null and substring(value from 2 for 8) <> int8send($2)
  )
order by id
limit $3
for update
