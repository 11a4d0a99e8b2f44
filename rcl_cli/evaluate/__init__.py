"""Figures of merit and how they are measured."""
