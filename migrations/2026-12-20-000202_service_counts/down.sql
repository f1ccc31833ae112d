drop table service_counts;
