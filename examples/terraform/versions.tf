terraform {
  # optional() with a default needs 1.3, startswith() too; a validation that reads another variable needs 1.9.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The first one with the runtime nodejs24.x.
      version = ">= 6.20"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}
