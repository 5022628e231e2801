package main

import (
	"bytes"
	"os"
	"testing"
)

// The committed table is what the generator makes of the published list.
func TestTheCommittedTableIsUpToDate(t *testing.T) {
	raw, err := os.ReadFile("testdata/iso4217-list-one.xml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(raw)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../ledger/money/iso4217.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("ledger/money/iso4217.go differs from what the list gives: run isogen again")
	}
}

func TestAListThatContradictsItselfIsRefused(t *testing.T) {
	row := func(digits string) string {
		return "<CcyNtry><CcyNm>Euro</CcyNm><Ccy>EUR</Ccy><CcyNbr>978</CcyNbr><CcyMnrUnts>" + digits + "</CcyMnrUnts></CcyNtry>"
	}
	for _, rows := range []string{row("2") + row("3"), row("two"), "<CcyNtry>"} {
		if src, err := generate([]byte("<ISO_4217><CcyTbl>" + rows + "</CcyTbl></ISO_4217>")); err == nil {
			t.Errorf("no error for %s, but:\n%s", rows, src)
		}
	}
}
