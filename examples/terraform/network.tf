locals {
  creates_group = try(var.network.vpc_id, null) != null
  proxy_port    = var.proxy == null ? [] : [try(tonumber(regex(":([0-9]+)/?$", var.proxy)[0]), startswith(coalesce(var.proxy, "-"), "https:") ? 443 : 80)]
  own_port      = var.target.port == null ? [] : [var.target.port]
  outside_ports = local.has_worker ? [] : concat([443], local.proxy_port)
  ports         = local.creates_group ? toset(concat(local.outside_ports, var.network.database_ports, local.own_port)) : []

  security_groups = local.creates_group ? aws_security_group.functions[*].id : try(var.network.security_group_ids, [])
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
