drop table firewall_changes;
