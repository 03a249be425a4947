// SPDX-License-Identifier: AGPL-3.0-or-later

package main

// parameters are everything a network may want to set otherwise. Money is cents.
type parameters struct {
	// scale divides the household's income, in hundredths, by number of people; each person
	// beyond the list adds scaleMore.
	scale     []int64
	scaleMore int64
	// roundTo rounds every amount down.
	roundTo    int64
	furnishing furnishingParameters
	childcare  childcareParameters
}

// furnishingParameters are those of the contribution to furnishing.
type furnishingParameters struct {
	line line
	// ceiling by number of people; the last goes for all larger households.
	ceiling []int64
	// perMinor raises the ceiling for each of the first maxMinors minors.
	perMinor, maxMinors int64
	// coHousing is the part of the ceiling for who shares a home, in hundredths.
	coHousing int64
	// state is the part of the ceiling by what the home has already, in hundredths.
	state map[string]int64
	// kinds are the things that count, in the order of the form.
	kinds []kind
	// daysBefore and daysAfter the day the home is ready, one can ask.
	daysBefore, daysAfter int
	// smallest is the least amount that is paid at all.
	smallest int64
}

// kind is a sort of furniture, and the most that counts of it: once, for each person of the
// household, and for each minor.
type kind struct {
	code                      string
	once, perPerson, perMinor int64
}

// childcareParameters are those of the contribution to childcare.
type childcareParameters struct {
	line line
	// bands are the most that counts a month by the age of a child, youngest first; a child
	// older than the last does not count.
	bands []band
	// ceiling a month by number of children that count; the last goes for all larger families.
	ceiling []int64
	// leastHours a week are needed; fullHours are those for which all of it counts, fewer
	// count in proportion.
	leastHours, fullHours int64
	// otherAdult is the part that counts where another adult at home has time, in hundredths.
	otherAdult int64
	// smallest is the least amount that is paid at all, a month.
	smallest int64
	// months is the most in one project.
	months int64
}

// band is what counts of a child up to an age in years.
type band struct{ upTo, most int64 }

// point is a corner of a line; line falls from point to point, straight in between. Below the
// first point the first share holds; above the last point there is nothing.
type (
	point struct {
		income int64 // a year, equivalent for one person
		share  int64 // thousandths
	}
	line []point
)

// demonstration are the values of the demonstration network.
var demonstration = parameters{
	scale: []int64{100, 157, 204, 246, 285}, scaleMore: 35,
	roundTo: 1_00,
	furnishing: furnishingParameters{
		line:      line{{10_000_00, 1000}, {20_000_00, 500}},
		ceiling:   []int64{1_500_00, 2_000_00, 2_400_00, 2_800_00, 3_100_00},
		perMinor:  150_00,
		maxMinors: 4,
		coHousing: 40,
		state:     map[string]int64{"empty": 100, "partly": 60, "furnished": 20},
		kinds: []kind{
			{"beds", 0, 350_00, 0}, {"kitchen", 1_200_00, 0, 0}, {"appliances", 600_00, 0, 0}, {"tables", 300_00, 0, 0},
			{"wardrobes", 400_00, 0, 0}, {"linen", 0, 80_00, 0}, {"children", 0, 0, 250_00}, {"other", 300_00, 0, 0},
		},
		daysBefore: 60, daysAfter: 180,
		smallest: 50_00,
	},
	childcare: childcareParameters{
		line:       line{{9_000_00, 950}, {15_000_00, 600}, {25_000_00, 300}},
		bands:      []band{{2, 400_00}, {5, 250_00}, {13, 180_00}},
		ceiling:    []int64{400_00, 600_00, 750_00},
		leastHours: 8, fullHours: 30,
		otherAdult: 50,
		smallest:   20_00,
		months:     12,
	},
}

// equivalent turns the income of a household into that of one person with the same means.
func (p parameters) equivalent(income, people int64) int64 {
	n := int64(len(p.scale))
	by := p.scale[min(people, n)-1] + max(0, people-n)*p.scaleMore
	return income * 100 / by
}

// shareOf gives the share by a yearly income, in thousandths; 0 above the last point.
func (l line) shareOf(income int64) int64 {
	if income <= l[0].income {
		return l[0].share
	}
	for i := 1; i < len(l); i++ {
		from, to := l[i-1], l[i]
		if income <= to.income {
			return from.share - (from.share-to.share)*(income-from.income)/(to.income-from.income)
		}
	}
	return 0
}

// limit is the income above which there is nothing.
func (l line) limit() int64 { return l[len(l)-1].income }

func (f furnishingParameters) ceilingOf(people, minors int64, coHousing bool, state string) int64 {
	c := f.ceiling[min(people, int64(len(f.ceiling)))-1] + min(minors, f.maxMinors)*f.perMinor
	if coHousing {
		c = c * f.coHousing / 100
	}
	return c * f.state[state] / 100
}

func (k kind) most(people, minors int64) int64 {
	return k.once + k.perPerson*people + k.perMinor*minors
}

// mostAt gives what counts of a child of an age; ok is false where the child does not count.
func (c childcareParameters) mostAt(age int64) (most int64, ok bool) {
	for _, b := range c.bands {
		if age <= b.upTo {
			return b.most, true
		}
	}
	return 0, false
}

// oldest is the age up to which a child counts.
func (c childcareParameters) oldest() int64 { return c.bands[len(c.bands)-1].upTo }
