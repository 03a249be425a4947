// SPDX-License-Identifier: AGPL-3.0-or-later

package main

// parameters are everything a network may want to set otherwise. Money is cents.
type parameters struct {
	// fullWeek are the hours for which fullAllowance is the least; fewer hours need less, in proportion.
	fullWeek, fullAllowance int64
	// insurance is what accidents and liability cost: once, and for each month.
	insuranceOnce, insuranceMonthly int64
	// safetyHours of training by sector, and what an hour costs.
	safetyHours map[string]int64
	safetyHour  int64
	// daysBefore the first day by which the agreement must be signed; daysAfter the last one
	// by which the attestation is due.
	daysBefore, daysAfter int
	// reviewEvery so many months there is a review.
	reviewEvery int
}

// demonstration are the values of the demonstration network, not provisions of law.
var demonstration = parameters{
	fullWeek: 30, fullAllowance: 500_00,
	insuranceOnce: 25_00, insuranceMonthly: 9_50,
	safetyHours: map[string]int64{"agriculture": 12, "catering": 8, "cleaning": 8, "construction": 16, "crafts": 12, "office": 8, "care": 12},
	safetyHour:  12_00,
	daysBefore:  15, daysAfter: 30,
	reviewEvery: 3,
}

// leastAllowance is the least a month for so many hours a week, in whole euro.
func (p parameters) leastAllowance(hours int64) int64 {
	return p.fullAllowance * min(hours, p.fullWeek) / p.fullWeek / 100 * 100
}
