locals {
  creates_group = try(var.network.vpc_id, null) != null
  proxy_port    = var.proxy == null ? [] : [try(tonumber(regex(":([0-9]+)/?$", var.proxy)[0]), startswith(coalesce(var.proxy, "-"), "https:") ? 443 : 80)]
  own_port      = var.target.port == null ? [] : [var.target.port]
  outside_ports = concat([443], local.has_worker ? [] : local.proxy_port)
  inside_ports  = concat(try(var.network.database_ports, []), local.own_port)
  ports         = toset(concat(local.has_worker ? [] : local.outside_ports, local.inside_ports))

  security_groups        = local.creates_group ? aws_security_group.functions[*].id : try(var.network.security_group_ids, [])
  egress_security_groups = concat(local.security_groups, aws_security_group.egress[*].id)
}

resource "aws_security_group" "functions" {
  count = local.creates_group ? 1 : 0

  description = "Functions of timescaledb-telemetry-${var.environment} in main: out to databases and 443, nothing in"
  vpc_id      = var.network.vpc_id
  tags        = local.tags

  dynamic "egress" {
    for_each = local.ports

    content {
      protocol         = "tcp"
      from_port        = egress.value
      to_port          = egress.value
      cidr_blocks      = ["0.0.0.0/0"]
      ipv6_cidr_blocks = ["::/0"]
    }
  }
}

# Of functions that also reach AWS and the internet from the network. It exists whatever the egress is: functions use it until they have
# left the network.
resource "aws_security_group" "egress" {
  count = local.creates_group ? 1 : 0

  description = "Functions of timescaledb-telemetry-${var.environment} that leave main: out to 443 and the proxy, nothing in"
  vpc_id      = var.network.vpc_id
  tags        = local.tags

  dynamic "egress" {
    for_each = toset(local.outside_ports)

    content {
      protocol         = "tcp"
      from_port        = egress.value
      to_port          = egress.value
      cidr_blocks      = ["0.0.0.0/0"]
      ipv6_cidr_blocks = ["::/0"]
    }
  }
}
