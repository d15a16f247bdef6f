"""Open Contracting Data Standard: releases and records to flat relations."""

from infiltrate.sources.ocds.read import OcdsIntake, OcdsLimits, forget_ocds, read_ocds

__all__ = ["OcdsIntake", "OcdsLimits", "forget_ocds", "read_ocds"]
