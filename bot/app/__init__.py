"""Joins the rooms into a running bot. Only this package knows them all."""
