-- One row per customer and number: all the numbers that are one customer's, its own included.
create or replace view known_as as
select person as customer_id, number
from aliases
union
select customer_id, customer_id
from customer_profile
union
select person, person
from aliases
union
select customer_id, customer_id
from orders
where customer_id is not null and customer_id not in (select number from aliases);
