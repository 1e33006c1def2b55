-- The host's last word about its firewall, an encoded holdfast.agent.v1.FirewallReport; null when it never spoke of
-- one. Which start of the agent it is from, because a new one without a firewall takes back what the old one said.

alter table node_status
  add column instance_id text not null default '',
  add column firewall bytea;
