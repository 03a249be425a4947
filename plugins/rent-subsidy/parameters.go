// SPDX-License-Identifier: AGPL-3.0-or-later

package main

// point is a corner of the line that turns a yearly income into a share of the rent.
type point struct {
	income int64 // euro cents a year, equivalent for one person
	share  int64 // thousandths of the rent
}

// parameters are everything a network may want to set otherwise.
type parameters struct {
	// line falls from point to point, straight in between. Below the first point the first
	// share holds; above the last point there is no subsidy.
	line []point
	// scale divides the household's income, in hundredths, by number of people; each
	// person beyond the list adds scaleMore.
	scale     []int64
	scaleMore int64
	// ceiling is the most a month, in cents, by number of people; the last goes for all larger households.
	ceiling []int64
	// perMinor raises the ceiling for each of the first maxMinors minors, in cents.
	perMinor, maxMinors int64
	// coHousing lowers the ceiling of who shares a home, in hundredths.
	coHousing int64
	// smallest is the least amount that is paid at all, in cents a month.
	smallest int64
	// roundTo rounds the amount down, in cents.
	roundTo int64
	// months is the most over a person's whole history.
	months int64
}

// demonstration are the values of the demonstration network. The twelve months are those
// of the programme; the core enforces them whatever this plugin says.
var demonstration = parameters{
	line: []point{
		{income: 6_000_00, share: 900},
		{income: 9_000_00, share: 600},
		{income: 15_000_00, share: 200},
	},
	scale:     []int64{100, 157, 204, 246, 285},
	scaleMore: 35,
	ceiling:   []int64{350_00, 450_00, 550_00, 650_00, 700_00},
	perMinor:  25_00,
	maxMinors: 4,
	coHousing: 70,
	smallest:  20_00,
	roundTo:   1_00,
	months:    12,
}

// equivalent turns the income of a household into that of one person with the same means.
func (p parameters) equivalent(income, people int64) int64 { return income * 100 / p.scaleOf(people) }

func (p parameters) scaleOf(people int64) int64 {
	n := int64(len(p.scale))
	if people <= n {
		return p.scale[people-1]
	}
	return p.scale[n-1] + (people-n)*p.scaleMore
}

// shareOf gives the share of the rent, in thousandths; 0 above the last point.
func (p parameters) shareOf(income int64) int64 {
	if income <= p.line[0].income {
		return p.line[0].share
	}
	for i := 1; i < len(p.line); i++ {
		from, to := p.line[i-1], p.line[i]
		if income <= to.income {
			return from.share - (from.share-to.share)*(income-from.income)/(to.income-from.income)
		}
	}
	return 0
}

func (p parameters) ceilingOf(people, minors int64, coHousing bool) int64 {
	c := p.ceiling[min(people, int64(len(p.ceiling)))-1] + min(minors, p.maxMinors)*p.perMinor
	if coHousing {
		c = c * p.coHousing / 100
	}
	return c
}

// limit is the income above which there is no subsidy.
func (p parameters) limit() int64 { return p.line[len(p.line)-1].income }
