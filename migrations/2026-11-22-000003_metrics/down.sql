drop function drop_metric_partitions, ensure_metric_partition;
drop table metric_progress, metric_blocks, metric_inbox, series;
