// Package sluice loads files into tables: fast, bounded and reviewable.
package sluice
